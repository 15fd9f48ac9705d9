using System.Text.Json.Nodes;

namespace Gantry.Cli.Api;

/// <summary>Finds one thing of a list by name or uid.</summary>
public static class Named
{
    /// <returns>Its uid.</returns>
    public static string Find(string what, JsonArray items, string nameOrUid)
    {
        var matching = items
            .Select(item => item?["metadata"])
            .Where(metadata => (string?)metadata?["name"] == nameOrUid || (string?)metadata?["uid"] == nameOrUid)
            .Select(metadata => (string)metadata!["uid"]!)
            .ToList();
        return matching switch
        {
            [var only] => only,
            [] => throw new CliException(
                ExitCode.NotFound,
                $"there is no {what} `{nameOrUid}`; there is: "
                + string.Join(", ", items.Select(item => (string?)item?["metadata"]?["name"]).DefaultIfEmpty("none"))),
            _ => throw new CliException(
                ExitCode.Refused, $"several {what}s are named `{nameOrUid}`; say which by uid: {string.Join(", ", matching)}"),
        };
    }
}
