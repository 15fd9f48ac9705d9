namespace Gantry.Cli.Terminal;

public enum OutputFormat
{
    Table,
    Json,
    Yaml,
}
