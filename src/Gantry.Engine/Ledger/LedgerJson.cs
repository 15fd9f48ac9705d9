using System.Text.Json;
using Gantry.Clusters.Model;

namespace Gantry.Engine.Ledger;

internal static class LedgerJson
{
    public static string Write<T>(T value) => JsonSerializer.Serialize(value, ModelJson.Options);

    public static T Read<T>(string json) =>
        JsonSerializer.Deserialize<T>(json, ModelJson.Options)
        ?? throw new JsonException($"The ledger holds no {typeof(T).Name}.");

    /// <param name="why">Why the text cannot be read; empty when it can.</param>
    /// <returns><c>null</c> when the text is not JSON, or a value in it is invalid.</returns>
    public static T? TryRead<T>(string json, out string why)
        where T : class
    {
        try
        {
            why = "";
            return Read<T>(json);
        }
        catch (Exception failure)
            when (failure
                    is JsonException
                        or FormatException
                        or ArgumentException
                        or InvalidOperationException
                        or NotSupportedException
            )
        {
            why = failure.Message;
            return null;
        }
    }
}
