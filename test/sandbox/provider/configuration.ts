// The provider's configuration as the engine sends it, which the SDK's server for providers does not pass on.
import provider from '@pulumi/pulumi/proto/provider_grpc_pb.js';

export type Configuration = { region: string | undefined };

type ConfigureRequest = { readonly getVariablesMap: () => { readonly get: (key: string) => string | undefined } };

/** Reads along as the Configure request is taken off the wire. */
export function listenForConfiguration(): Configuration {
  const configuration: Configuration = { region: undefined };
  const configure: { requestDeserialize: (bytes: Buffer) => ConfigureRequest } =
    provider.ResourceProviderService.configure;
  const deserialize = configure.requestDeserialize;
  configure.requestDeserialize = (bytes) => {
    const request = deserialize(bytes);
    configuration.region = request.getVariablesMap().get('aws:config:region');
    return request;
  };
  return configuration;
}
