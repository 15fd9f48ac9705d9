using System.Text.Json;
using Gantry.Clusters.Model;

namespace Gantry.Protocol;

/// <summary>The JSON of protocol records, which is that of the model.</summary>
public static class ProtocolJson
{
    public static JsonSerializerOptions Options => ModelJson.Options;
}
