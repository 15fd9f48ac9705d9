using Gantry.Cli;
using Gantry.Cli.Terminal;

return await GantryCommand.RunAsync(args, CliHost.OfProcess());
