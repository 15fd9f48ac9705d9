using System.Text.Json;
using Gantry.Clusters.Model;
using Gantry.Protocol;
using Gantry.Server.Api;
using Gantry.Server.Gateways;
using Gantry.Server.Profiles;
using Gantry.Server.Store;

namespace Gantry.Server.Clusters;

/// <summary>Clusters in the form of the public API.</summary>
public sealed class ClusterViews(GatewayPresence presence, GatewaySurroundings surroundings, TimeProvider time)
{
    /// <summary>One of <c>Pending</c>, <c>Provisioning</c>, <c>Running</c>, <c>Deleting</c>, <c>Deleted</c>.</summary>
    /// <remarks>A deletion shows at once, before its gateway knows of it: clients would take a cluster that still runs for
    /// a refusal.</remarks>
    public static string State(ClusterRow row) =>
        row switch
        {
            { DeletedAt: not null } => nameof(ClusterPhase.Deleted),
            { DeletionRequestedAt: not null } => nameof(ClusterPhase.Deleting),
            { Report: null } => nameof(ClusterPhase.Pending),
            { Report.Phase: nameof(ClusterPhase.Deleted) or nameof(ClusterPhase.Deleting) } => nameof(ClusterPhase.Pending),
            _ => row.Report.Phase,
        };

    public bool IsOnline(GatewayRow gateway) => presence.IsOnline(gateway);

    /// <summary>The last reported health; unknown while the gateway does not report.</summary>
    public string Health(ClusterRow row, GatewayRow? gateway) =>
        row.Report is { } report && gateway is not null && presence.IsOnline(gateway)
            ? report.Health
            : nameof(Gantry.Clusters.Model.Health.Unknown);

    public static ClusterStatus? Status(ClusterRow row) =>
        row.Report is { } report ? JsonSerializer.Deserialize<ClusterStatus>(report.StatusJson, ProtocolJson.Options) : null;

    public ClusterView Cluster(ClusterRow row, GatewayRow? gateway)
    {
        var status = Status(row);
        var wire = StoredInput.Of(row);
        return new ClusterView(
            "v1",
            "SpectroCluster",
            Metadata(row),
            new ClusterSpecView(
                "maas",
                "PureManage",
                new ObjectReference("maas", row.Name, row.ConfigUid),
                Config(wire),
                Templates(row)
            ),
            new ClusterStatusView
            {
                State = State(row),
                Conditions = Conditions(row, status, gateway),
                ApiEndpoints = Endpoints(status),
                Packs = PackStates.Of(row, status),
                AbortTimestamp = row.AbortedAt,
                Repave = new RepaveState(Repaves.State(row)),
                Location = wire.ClusterConfig?.Location is { ValueKind: JsonValueKind.Object } location ? location : null,
            },
            row.Generation
        );
    }

    public Overview Overview(ClusterRow row, GatewayRow? gateway, ObjectEntity? account)
    {
        var status = Status(row);
        var metas = TemplateMetas(row, profile => Packs(profile.Content!));
        var hasConfig = status is { Endpoint: not null } && row.DeletedAt is null;
        return new Overview(
            Metadata(row),
            new OverviewSpec(CloudConfig(row, status), account, metas.FirstOrDefault(), metas, ["amd64"]),
            new OverviewStatus
            {
                State = State(row),
                Health = HealthOf(row, gateway),
                Conditions = Conditions(row, status, gateway),
                ApiEndpoints = Endpoints(status),
                Packs = PackStates.Of(row, status),
                AbortTimestamp = row.AbortedAt,
                KubeMeta = new KubeMeta(hasConfig, hasConfig, HasManifest: false, status?.KubernetesVersion?.ToString() ?? ""),
            }
        );
    }

    /// <param name="around">What the cluster refers to.</param>
    public ClusterSummary Summary(ClusterRow row, SummaryContext around)
    {
        var (gateway, account, project) = around.Of(row);
        var metas = TemplateMetas(row, around.Packs);
        var status = Status(row);
        return new ClusterSummary(
            Metadata(row),
            new SummarySpec(CloudConfig(row, status), account, project, metas.FirstOrDefault(), metas, ["amd64"]),
            new SummaryStatus(
                State(row),
                HealthOf(row, gateway),
                new RepaveState(Repaves.State(row)),
                row.DeletedAt is null ? null : status?.Residue.Count ?? 0,
                status?.KubernetesVersion?.ToString()
            )
        );
    }

    public ObjectMeta Metadata(ClusterRow row) =>
        new()
        {
            Name = row.Name,
            Uid = row.Uid,
            Labels = StoreJson.Read<Dictionary<string, string>>(row.LabelsJson),
            Annotations = Annotations.Scoped(
                StoreJson.Read<Dictionary<string, string>>(row.AnnotationsJson),
                row.ProjectUid,
                row.TenantUid
            ),
            CreationTimestamp = row.CreatedAt,
            LastModifiedTimestamp = row.ModifiedAt,
            DeletionTimestamp = row.DeletionRequestedAt,
        };

    private static ClusterConfigView Config(ClusterInput wire) =>
        new()
        {
            ClusterMetaAttribute = wire.ClusterConfig?.ClusterMetaAttribute ?? "",
            HostClusterConfig = new HostClusterConfig { IsHostCluster = false },
            Timezone = wire.ClusterConfig?.Timezone ?? "",
            UpdateWorkerPoolsInParallel = wire.ClusterConfig?.UpdateWorkerPoolsInParallel ?? false,
            NodeDrainTimeout = wire.ClusterConfig?.NodeDrainTimeout,
        };

    private static TemplateView[] Templates(ClusterRow row) =>
        [
            .. AttachedProfiles
                .Of(row)
                .Select(profile =>
                    ProfileViews.Template(profile.Uid, profile.Name, profile.Version, profile.Published, profile.Template) with
                    {
                        RelatedObject = new ObjectReference("spectrocluster", row.Name, row.Uid),
                    }
                ),
        ];

    /// <summary>The profiles of a cluster by name, with their packs.</summary>
    private static TemplateMeta[] TemplateMetas(ClusterRow row, Func<ClusterProfileRow, IReadOnlyList<PackMeta>> packs) =>
        [
            .. AttachedProfiles
                .Rows(row)
                .Select(profile => new TemplateMeta(
                    profile.ProfileUid,
                    profile.Name,
                    profile.CloudType,
                    profile.Type,
                    profile.PublishedCount,
                    packs(profile)
                )),
        ];

    public static IReadOnlyList<PackMeta> Packs(ProfileContentRow content) =>
        [
            .. StoreJson
                .Read<ProfileTemplate>(content.TemplateJson)
                .Packs.Select(pack => new PackMeta(
                    pack.Layer,
                    pack.Name,
                    pack.Version,
                    pack.Version,
                    pack.PackUid,
                    pack.RegistryUid,
                    pack.Type
                )),
        ];

    private static CloudConfigMeta CloudConfig(ClusterRow row, ClusterStatus? status)
    {
        var pools = StoredInput.Of(row).MachinePoolConfig ?? [];
        return new CloudConfigMeta(
            "maas",
            row.ConfigUid,
            [
                .. pools.Select(pool => new PoolMeta(
                    "maas",
                    pool.PoolConfig?.Size ?? 0,
                    pool.PoolConfig?.IsControlPlane ?? false,
                    pool.PoolConfig?.Labels ?? [],
                    status?.Machines.Count(machine => machine.Pool.Value == pool.PoolConfig?.Name && machine.NodeReady) ?? 0
                )),
            ]
        );
    }

    private HealthView HealthOf(ClusterRow row, GatewayRow? gateway) =>
        new(Health(row, gateway), row.Report?.ReportedAt, gateway?.Version ?? "", []);

    private ConditionView[] Conditions(ClusterRow row, ClusterStatus? status, GatewayRow? gateway)
    {
        var reported = CurrentStatus
            .Conditions(status, surroundings.Of(gateway))
            .Select(condition => new ConditionView(
                condition.Type,
                condition.Status.ToString(),
                condition.Reason,
                condition.Message,
                condition.LastTransition,
                status!.ReportedAt
            ));
        return ForceDeletePolicy.Left(row, time.GetUtcNow()) is { } left
            ? [.. reported, ForceDeletePolicy.Condition(row, left, time.GetUtcNow())]
            : [.. reported];
    }

    private static ApiEndpointView[] Endpoints(ClusterStatus? status) =>
        status?.Endpoint is { } endpoint ? [new ApiEndpointView(endpoint.Host, endpoint.Port)] : [];
}
