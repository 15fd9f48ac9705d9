using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Gantry.Clusters.Model;

namespace Gantry.Cli.Terminal;

/// <summary>How a command that fails says so: a line for people, a document where results are documents.</summary>
public static class FailureText
{
    // One line, so that it is found below the progress of a command.
    private static readonly JsonSerializerOptions OneLine = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static void Write(CliHost host, OutputFormat format, CliException failure, string prefix = "gantry: ")
    {
        var message = PlainText.Clean(failure.Message);
        if (format is OutputFormat.Table)
        {
            host.Error.WriteLine(prefix + message);
            return;
        }

        var error = new JsonObject { ["message"] = message, ["exitCode"] = failure.ExitCode };
        if (failure.ErrorCode is { } code)
        {
            error["code"] = code;
        }

        if (failure.Details.Count > 0)
        {
            error["details"] = new JsonArray([
                .. failure.Details.Select(detail =>
                    (JsonNode)new JsonObject { ["field"] = detail.Key, ["message"] = PlainText.Clean(detail.Value) }
                ),
            ]);
        }

        var document = new JsonObject { ["error"] = error };
        host.Error.Write(
            format is OutputFormat.Yaml ? Printer.Yaml(document) : document.ToJsonString(OneLine) + Environment.NewLine
        );
    }
}
