using System.Globalization;
using System.Text.RegularExpressions;
using Gantry.Api;

namespace Gantry.Cli.Connection;

/// <summary>
/// The words of the command line for the fields of a request: <c>--endpoint</c> for <c>spec.cloudConfig.endpoint</c>, and for a
/// field of one of several pools the pool's name.
/// </summary>
internal static partial class FieldWords
{
    private static readonly Dictionary<string, string> Words = new(StringComparer.Ordinal)
    {
        ["apiEndpoint"] = "--endpoint",
        ["apiKey"] = "--key",
        ["caCert"] = "--maas-ca",
        ["endpoint"] = "--endpoint",
        ["sshKeys"] = "--ssh-key",
        ["size"] = "--size",
        ["minCPU"] = "--cpu",
        ["minMemInMB"] = "--memory",
        ["minDiskSizeInGB"] = "--disk",
        ["azs"] = "--zone",
        ["resourcePool"] = "--resource-pool",
        ["tags"] = "--tag",
        ["notTags"] = "--not-tag",
        ["architecture"] = "--arch",
        ["subnet"] = "--subnet",
        ["network"] = "--subnet",
        ["additionalLabels"] = "--label",
        ["taints"] = "--taint",
        ["updateStrategy"] = "--rolling",
        ["nodeRepaveInterval"] = "--repave-interval",
        ["nodeDrainTimeout"] = "--drain-timeout",
        ["erasePolicy"] = "--erase",
        ["image"] = "--image",
        ["version"] = "--kubernetes",
    };

    /// <param name="field">As the console names it: <c>spec.machinepoolconfig[0].poolConfig.size</c>.</param>
    /// <param name="body">The request.</param>
    public static string Of(string field, object? body)
    {
        var parts = field.Split('.');
        var word = parts.Select(part => Words.GetValueOrDefault(part.Split('[')[0])).LastOrDefault(word => word is not null);
        var pool = PoolIndex().Match(field) is { Success: true } found
            ? PoolOf(body, int.Parse(found.Groups["index"].ValueSpan, CultureInfo.InvariantCulture))
            : null;
        return (pool, word) switch
        {
            (null, null) => parts is [.., "metadata", "name"] or ["poolConfig", "name"] ? "name" : field,
            (null, _) => word,
            (_, null) => $"pool {pool}, {parts[^1]}",
            _ => $"pool {pool}, {word.TrimStart('-')}",
        };
    }

    private static string? PoolOf(object? body, int index) =>
        body switch
        {
            ClusterEntity cluster => cluster.Spec?.MachinePoolConfig?.ElementAtOrDefault(index)?.PoolConfig?.Name,
            ClusterChange change when change.MachinePools?.ElementAtOrDefault(index) is { } pool => pool.Name
                ?? pool.Pool?.PoolConfig?.Name,
            _ => null,
        };

    [GeneratedRegex(@"(?i)machinepool(s|config)\[(?<index>[0-9]{1,4})\]", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex PoolIndex();
}
