using System.CommandLine;
using Gantry.Cli.Terminal;

namespace Gantry.Cli.Documents;

/// <summary><c>gantry schema</c></summary>
public static class SchemaCommand
{
    public static Command Create(CliHost host)
    {
        var schema = new Verb("schema", "Write the JSON schema of documents, for editors", "gantry schema > gantry.schema.json");
        schema.SetAction(_ => Printer.Write(host, OutputFormat.Json, DocumentSchema.Make(), () => ""));
        return schema;
    }
}
