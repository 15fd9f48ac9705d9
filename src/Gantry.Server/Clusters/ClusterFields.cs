using System.Text.Json;
using System.Text.RegularExpressions;
using Gantry.Clusters.Model;
using Gantry.Server.Api;

namespace Gantry.Server.Clusters;

/// <summary>Texts of a cluster that are passed on unchanged, and would fail only on a machine.</summary>
internal static partial class ClusterFields
{
    private static readonly string[] Labels = ["control-plane", "master", "worker"];

    public static void Read(Check check, ClusterInput wire)
    {
        foreach (var (key, index) in (wire.CloudConfig?.SshKeys ?? []).Select((key, index) => (key, index)))
        {
            check.Value<SshPublicKey>($"spec.cloudConfig.sshKeys[{index}]", key.Trim());
        }

        foreach (var (server, index) in (wire.CloudConfig?.NtpServers ?? []).Select((server, index) => (server, index)))
        {
            check.Value<HostAddress>($"spec.cloudConfig.ntpServers[{index}]", server);
        }

        foreach (var (pool, index) in (wire.MachinePoolConfig ?? []).Select((pool, index) => (pool, index)))
        {
            foreach (var label in (pool.PoolConfig?.Labels ?? []).Where(label => !Labels.Contains(label)))
            {
                check.Problem(
                    $"spec.machinepoolconfig[{index}].poolConfig.labels",
                    $"'{ApiError.Shown(label)}' is no role of a pool; write control-plane or worker, and labels of the "
                        + "nodes into additionalLabels"
                );
            }
        }

        var timezone = wire.ClusterConfig?.Timezone;
        check.That(
            string.IsNullOrEmpty(timezone) || IsTimezone(timezone),
            "spec.clusterConfig.timezone",
            $"'{ApiError.Shown(timezone ?? "")}' is not a time zone; write for example Europe/Berlin or UTC"
        );
        check.That(
            wire.ClusterConfig?.Location
                is null
                    or { ValueKind: JsonValueKind.Null or JsonValueKind.Undefined or JsonValueKind.Object },
            "spec.clusterConfig.location",
            "is not an object; write for example {\"countryCode\": \"DE\", \"latitude\": 52.5, \"longitude\": 13.4}"
        );
    }

    // A system without zone data cannot check a zone.
    private static bool IsTimezone(string name) =>
        TimeZoneName().IsMatch(name)
        && (
            TimeZoneInfo.TryFindSystemTimeZoneById(name, out _) || !TimeZoneInfo.TryFindSystemTimeZoneById("Europe/Berlin", out _)
        );

    [GeneratedRegex(
        "^[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*\\z",
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant,
        1000
    )]
    private static partial Regex TimeZoneName();
}
