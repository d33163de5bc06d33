// Ends a script that waits for something that does not come.

const patience = 60_000;

setTimeout(() => {
  console.error(`nothing for ${patience / 1_000} s`);
  process.exit(1);
}, patience).unref();
