using System.Text.Json;
using System.Text.Json.Serialization;
using Gantry.Engine.Ports;
using Gantry.Maas;

namespace Gantry.Gateway.Limits;

/// <summary>
/// Limits that the console cannot change: <c>gateway.limits.json</c> in the data folder, written by the data centre's
/// operators. Without the file only the number of releases is limited.
/// </summary>
public sealed record GatewayLimits
{
    internal const string FileName = "gateway.limits.json";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        ReadCommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
        RespectNullableAnnotations = true,
    };

    /// <summary>MAAS resource pools whose machines may be used; empty means all.</summary>
    public IReadOnlyList<string> ResourcePools { get; init; } = [];

    /// <summary>Only machines with at least one of these tags may be used; empty means all.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>Machines with one of these tags may not be used.</summary>
    public IReadOnlyList<string> NotTags { get; init; } = [];

    /// <summary>System ids or host names that are never allocated, installed or released.</summary>
    public IReadOnlyList<string> ProtectedMachines { get; init; } = [];

    /// <summary>Distinct machines released within any 60 minutes; 0 forbids releases.</summary>
    public int ReleasesPerHour { get; init; } = 100;

    /// <summary>The MAAS regions that API keys may be sent to; empty means any.</summary>
    public IReadOnlyList<MaasEndpoint> MaasEndpoints { get; init; } = [];

    /// <summary>
    /// HTTP(S) proxy to the MAAS regions; <c>null</c> takes the proxy of the environment, an empty text takes none.
    /// </summary>
    public string? MaasProxy { get; init; }

    /// <summary>The maximum lifetime of an issued kubeconfig, in hours.</summary>
    public int KubeconfigHours { get; init; } = 24;

    /// <exception cref="GatewayException">The file cannot be read, or holds an unknown limit, which must not be
    /// ignored.</exception>
    public static GatewayLimits Read(string dataFolder)
    {
        var path = Path.Combine(dataFolder, FileName);
        if (!File.Exists(path))
        {
            return new GatewayLimits();
        }

        try
        {
            var limits =
                JsonSerializer.Deserialize<GatewayLimits>(File.ReadAllText(path), Json) ?? throw new JsonException("it is null");
            return limits switch
            {
                { ReleasesPerHour: < 0 } => throw new JsonException(
                    $"releasesPerHour is {limits.ReleasesPerHour}; write 0 or more"
                ),
                { KubeconfigHours: < 1 } => throw new JsonException(
                    $"kubeconfigHours is {limits.KubeconfigHours}; write 1 or more"
                ),
                { MaasProxy: { Length: > 0 } proxy } when !IsHttp(proxy) => throw new JsonException(
                    "maasProxy is not an http address; write it as http://proxy.example:3128"
                ),
                _ => limits,
            };
        }
        catch (JsonException wrong)
        {
            throw new GatewayException(
                $"'{path}' is not a file of limits: {wrong.Message}. docs/gateway.md lists what can stand in it.",
                wrong
            );
        }
    }

    /// <summary>Why this machine may not be used; <c>null</c> when it may.</summary>
    public string? Forbids(RegionMachine machine)
    {
        if (
            ProtectedMachines.Contains(machine.Id.Value, StringComparer.Ordinal)
            || ProtectedMachines.Contains(machine.Hostname, StringComparer.OrdinalIgnoreCase)
        )
        {
            return $"{machine.Hostname} is protected by protectedMachines in {FileName}";
        }

        if (ResourcePools.Count > 0 && !ResourcePools.Contains(machine.ResourcePool, StringComparer.Ordinal))
        {
            return $"{machine.Hostname} is in resource pool '{machine.ResourcePool}', and resourcePools in {FileName} has only "
                + string.Join(", ", ResourcePools);
        }

        if (Tags.Count > 0 && !Tags.Any(machine.Tags.Contains))
        {
            return $"{machine.Hostname} carries none of the tags in {FileName}: {string.Join(", ", Tags)}";
        }

        return NotTags.FirstOrDefault(machine.Tags.Contains) is { } tag
            ? $"{machine.Hostname} carries the tag '{tag}', which notTags in {FileName} rules out"
            : null;
    }

    private static bool IsHttp(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https";
}
