using System.Text.Json;
using Gantry.Clusters.Model;

namespace Gantry.Protocol;

/// <summary>How both sides write and read protocol records: as the model they carry.</summary>
public static class ProtocolJson
{
    public static JsonSerializerOptions Options => ModelJson.Options;
}
