// A process that stays: what an operation looks like when its supervisor has died.
setInterval(() => undefined, 1_000);
process.send?.('here');
