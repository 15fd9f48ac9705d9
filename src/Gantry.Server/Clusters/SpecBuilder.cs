using Gantry.Clusters.Model;
using Gantry.Server.Api;
using Gantry.Server.Profiles;

namespace Gantry.Server.Clusters;

/// <summary>The fields of a cluster that its client cannot change.</summary>
/// <param name="Name">Null when the request's name is invalid.</param>
/// <param name="Network">The network of a cluster that is stored; what its layers leave out stays as it is.</param>
public sealed record ClusterIdentity(
    string Uid,
    DnsLabel? Name,
    string AccountUid,
    string? PreferredSubnet,
    DateTimeOffset CreatedAt,
    long Generation,
    ClusterNetwork? Network = null
);

/// <summary>Builds the desired state from a request and its profiles. Pure: the same input gives the same state.</summary>
public static class SpecBuilder
{
    /// <param name="profiles">Null when the profiles were not found; then only the rest is checked.</param>
    /// <returns>Null when <paramref name="check"/> has problems.</returns>
    public static ClusterSpec? Build(
        Check check,
        ClusterIdentity identity,
        ClusterInput wire,
        IReadOnlyList<AttachedProfile>? profiles
    )
    {
        RefuseWhatIsNotThere(check, wire);
        ClusterFields.Read(check, wire);
        var pools = Pools(check, wire.MachinePoolConfig ?? []);
        var layers = profiles is null ? null : LayerParser.Read(check, profiles, identity.Network);
        var endpoint = EndpointParser.Read(
            check,
            "spec.cloudConfig",
            wire.CloudConfig,
            layers?.Endpoint,
            identity.PreferredSubnet
        );
        var drainTimeout = PoolParser.DrainTimeout(
            check,
            "spec.clusterConfig.nodeDrainTimeout",
            wire.ClusterConfig?.NodeDrainTimeout
        );
        if (check.Failed || layers is null || identity.Name is not { } name)
        {
            return null;
        }

        return new ClusterSpec
        {
            Id = new ClusterId(identity.Uid),
            Name = name,
            Account = new AccountId(identity.AccountUid),
            Generation = identity.Generation,
            CreatedAt = identity.CreatedAt,
            KubernetesVersion = layers.KubernetesVersion,
            Image = layers.Images.Image,
            StockImage = layers.Images.Stock,
            Endpoint = endpoint,
            Network = layers.Network,
            Nodes = layers.Nodes with
            {
                NtpServers = [.. layers.Nodes.NtpServers.Concat(wire.CloudConfig?.NtpServers ?? []).Distinct()],
                SshKeys =
                [
                    .. layers.Nodes.SshKeys.Concat((wire.CloudConfig?.SshKeys ?? []).Select(key => key.Trim())).Distinct(),
                ],
            },
            Pools = pools,
            Addons = layers.Addons,
            UpdateWorkerPoolsInParallel = wire.ClusterConfig?.UpdateWorkerPoolsInParallel ?? false,
            DrainTimeout = drainTimeout ?? TimeSpan.Zero,
        };
    }

    private static ValueList<MachinePool> Pools(Check check, IReadOnlyList<PoolEntity> entities)
    {
        const string field = "spec.machinepoolconfig";
        ValueList<MachinePool> pools =
        [
            .. entities.Select((entity, index) => PoolParser.Read(check, $"{field}[{index}]", entity)),
        ];
        var controlPlanes = pools.Count(pool => pool.Role is PoolRole.ControlPlane);
        check.That(
            controlPlanes is 1,
            field,
            $"has {controlPlanes} control-plane pools; give exactly one (isControlPlane: true)"
        );
        foreach (
            var twice in entities
                .Select(entity => entity.PoolConfig?.Name)
                .OfType<string>()
                .GroupBy(name => name)
                .Where(group => group.Count() > 1)
        )
        {
            check.Problem(field, $"has two pools named '{ApiError.Shown(twice.Key)}'; give each a name of its own");
        }

        return pools;
    }

    private static void RefuseWhatIsNotThere(Check check, ClusterInput wire)
    {
        check.That(
            wire.CloudConfig?.EnableLxdVm is not true,
            "spec.cloudConfig.enableLxdVm",
            "true is not available: nodes are whole machines; write false"
        );
        check.That(
            wire.CloudConfig?.StaticIp is not true,
            "spec.cloudConfig.staticIp",
            "true is not available: machines take their addresses from MAAS; write false"
        );
        check.That(Blank.Is(wire.Policies?.BackupPolicy), "spec.policies.backupPolicy", NotAvailable.Backup);
        check.That(Blank.Is(wire.Policies?.ScanPolicy), "spec.policies.scanPolicy", NotAvailable.Scan);
        check.That(Blank.Is(wire.ClusterTemplate), "spec.clusterTemplate", NotAvailable.ClusterTemplate);
        check.That(
            Blank.Is(wire.ClusterConfig?.HyperShiftConfig),
            "spec.clusterConfig.hyperShiftConfig",
            NotAvailable.HyperShift
        );
        check.That(
            Blank.Is(wire.ClusterConfig?.MachineManagementConfig?.OsPatchConfig),
            "spec.clusterConfig.machineManagementConfig.osPatchConfig",
            NotAvailable.OsPatch
        );
        check.That(
            wire.ClusterConfig?.HostClusterConfig?.IsHostCluster is not true,
            "spec.clusterConfig.hostClusterConfig.isHostCluster",
            NotAvailable.HostCluster
        );
        check.That(Blank.Is(wire.ClusterConfig?.LifecycleConfig), "spec.clusterConfig.lifecycleConfig", NotAvailable.Lifecycle);
        check.That(
            string.IsNullOrEmpty(wire.ClusterConfig?.ControlPlaneHealthCheckTimeout),
            "spec.clusterConfig.controlPlaneHealthCheckTimeout",
            NotAvailable.HealthCheckTimeout
        );
        check.That(
            wire.ClusterConfig?.Resources?.Namespaces is null or { Count: 0 },
            "spec.clusterConfig.resources.namespaces",
            NotAvailable.Namespaces
        );
        check.That(
            wire.ClusterConfig?.Resources?.Rbacs is null or { Count: 0 },
            "spec.clusterConfig.resources.rbacs",
            NotAvailable.RoleBindings
        );
        check.OneOf("spec.cloudType", wire.CloudType, typeof(CloudTypes));
        check.That(
            wire.ClusterType is null or "" or "PureManage",
            "spec.clusterType",
            $"'{ApiError.Shown(wire.ClusterType ?? "")}' is not supported; write PureManage"
        );
    }
}
