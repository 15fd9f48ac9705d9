using System.Text.Json;
using Gantry.Clusters.Model;

namespace Gantry.Engine.Ledger;

internal static class LedgerJson
{
    public static string Write<T>(T value) => JsonSerializer.Serialize(value, ModelJson.Options);

    public static T Read<T>(string json) =>
        JsonSerializer.Deserialize<T>(json, ModelJson.Options)
        ?? throw new JsonException($"The ledger holds no {typeof(T).Name}.");
}
