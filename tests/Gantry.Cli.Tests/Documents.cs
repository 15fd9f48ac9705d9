using System.Text.Json;
using System.Text.Json.Nodes;
using Gantry.Api;

namespace Gantry.Cli.Tests;

/// <summary>Converts records of the contract to and from JSON.</summary>
internal static class Documents
{
    public static T Read<T>(string json) => JsonSerializer.Deserialize<T>(json, ApiJson.Options)!;

    public static JsonNode Sent<T>(this T record) => JsonSerializer.SerializeToNode(record, ApiJson.Options)!;
}
