module.exports = {
  greets: (output, context) => output.includes(context.vars.name),
  words: async (output) => output.split(" ").length,
};
