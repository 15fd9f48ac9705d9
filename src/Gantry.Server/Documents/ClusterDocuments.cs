using System.Text.RegularExpressions;
using Gantry.Clusters.Model;
using Gantry.Server.Api;
using Gantry.Server.Clusters;
using Gantry.Server.Profiles;
using Gantry.Server.Store;
using Microsoft.EntityFrameworkCore;

namespace Gantry.Server.Documents;

/// <summary>
/// Clusters as documents, both ways. Only a document's names are resolved here; everything else is checked by the rules that every other
/// request passes.
/// </summary>
public sealed partial class ClusterDocuments(ConsoleDb db, ProfileResolver resolver)
{
    // The value under which a label without one is stored.
    private const string NoValue = "spectro__tag";

    /// <summary>The document of a cluster as it is desired now.</summary>
    public async Task<ClusterDocument> WriteAsync(ClusterRow row, CancellationToken cancellationToken) =>
        await WriteAsync(row, DesiredCluster.Of(row), cancellationToken);

    /// <summary>The document of a cluster as it would be desired.</summary>
    public async Task<ClusterDocument> WriteAsync(ClusterRow row, DesiredCluster cluster, CancellationToken cancellationToken)
    {
        var account = await db
            .Accounts.AsNoTracking()
            .Where(one => one.Uid == row.AccountUid)
            .Select(one => one.Name)
            .SingleAsync(cancellationToken);
        var (kubernetes, uses) = await UsesAsync(cluster, cancellationToken);
        var wire = cluster.Wire;
        return new ClusterDocument
        {
            ApiVersion = DocumentVersions.V1,
            Kind = DocumentKinds.Cluster,
            Metadata = Meta(row.Name, row.LabelsJson, row.AnnotationsJson),
            Spec = new ClusterDocumentSpec
            {
                Account = account,
                Profiles = uses,
                Kubernetes = kubernetes,
                Endpoint = Endpoint(wire.CloudConfig),
                SshKeys = PoolDocuments.Some(wire.CloudConfig?.SshKeys),
                NtpServers = PoolDocuments.Some(wire.CloudConfig?.NtpServers),
                DrainTimeoutSeconds = wire.ClusterConfig?.NodeDrainTimeout is > 0 and var seconds ? seconds : null,
                UpdateWorkerPoolsInParallel = wire.ClusterConfig?.UpdateWorkerPoolsInParallel is true ? true : null,
                Pools = [.. (wire.MachinePoolConfig ?? []).Select(PoolDocuments.Write)],
            },
        };
    }

    public static DocumentMeta Meta(string name, string labelsJson, string annotationsJson)
    {
        string[] scope = [Annotations.Scope, Annotations.ProjectUid, Annotations.TenantUid, Annotations.OverlordUid];
        var labels = StoreJson.Read<Dictionary<string, string>>(labelsJson);
        var annotations = StoreJson.Read<Dictionary<string, string>>(annotationsJson);
        return new DocumentMeta
        {
            Name = name,
            Labels = PoolDocuments.Some(
                labels
                    .OrderBy(label => label.Key, StringComparer.Ordinal)
                    .ToDictionary(label => label.Key, label => label.Value is NoValue ? "" : label.Value)
            ),
            Annotations = PoolDocuments.Some(
                annotations.Where(one => !scope.Contains(one.Key)).OrderBy(one => one.Key, StringComparer.Ordinal).ToDictionary()
            ),
        };
    }

    /// <summary>Refuses a document of another kind, or in another form.</summary>
    public static void RefuseOther(Check check, string? version, string? kind, string expected)
    {
        check.That(
            version is DocumentVersions.V1,
            "apiVersion",
            $"'{ApiError.Shown(version ?? "")}' is no version of the form; write {DocumentVersions.V1}"
        );
        check.That(kind == expected, "kind", $"'{ApiError.Shown(kind ?? "")}' is not expected here; write {expected}");
    }

    /// <summary>The request for a new cluster.</summary>
    public async Task<ClusterEntity> EntityAsync(Check check, ClusterDocument document, CancellationToken cancellationToken)
    {
        RefuseOther(check, document.ApiVersion, document.Kind, DocumentKinds.Cluster);
        var spec = document.Spec ?? new ClusterDocumentSpec();
        return new ClusterEntity(
            new ObjectMeta
            {
                Name = document.Metadata?.Name,
                Labels = document.Metadata?.Labels,
                Annotations = document.Metadata?.Annotations,
            },
            Changed(
                new ClusterInput
                {
                    CloudAccountUid = await AccountAsync(check, spec.Account, cancellationToken),
                    Profiles = await ChoicesAsync(check, spec.Profiles ?? [], [], cancellationToken),
                    Kubernetes = spec.Kubernetes,
                },
                spec
            )
        );
    }

    /// <summary>A cluster's input and profiles after its document is applied.</summary>
    /// <param name="fresh">Uids of profiles whose published content is taken over, though the document uses them as before.</param>
    /// <param name="prune">Whether pools that the document lacks are removed.</param>
    /// <returns>Null profiles when <paramref name="check"/> has problems with them.</returns>
    public async Task<(ClusterInput Wire, Attached? Profiles)> ChangedAsync(
        Check check,
        ClusterRow row,
        ClusterDocument document,
        IReadOnlySet<string> fresh,
        bool prune,
        CancellationToken cancellationToken
    )
    {
        RefuseOther(check, document.ApiVersion, document.Kind, DocumentKinds.Cluster);
        var before = DesiredCluster.Of(row);
        var spec = document.Spec ?? new ClusterDocumentSpec();
        if (await AccountAsync(check, spec.Account, cancellationToken) is { } account)
        {
            check.That(
                account == row.AccountUid,
                "spec.account",
                $"cannot become '{ApiError.Shown(spec.Account ?? "")}': the machines of a cluster come from one account; make a new cluster"
            );
        }

        Pools(check, before.Wire, spec, prune);
        return (Changed(before.Wire, spec), await ProfilesAsync(check, before, spec, fresh, row.ProjectUid, cancellationToken));
    }

    /// <summary>Problems of a request, at the places of the document that the request was made from.</summary>
    public static IEnumerable<FieldError> Placed(IEnumerable<FieldError> problems) =>
        problems
            .Select(problem => problem with { Field = DocumentFields.OfCluster(problem.Field) })
            .DistinctBy(problem => (problem.Field, problem.Message));

    private static ClusterInput Changed(ClusterInput wire, ClusterDocumentSpec spec)
    {
        var cloud = wire.CloudConfig ?? new MaasClusterConfig();
        var config = wire.ClusterConfig ?? new ClusterConfig();
        var pools = wire.MachinePoolConfig ?? [];
        if (PoolDocuments.Text(spec.Endpoint) != Endpoint(cloud))
        {
            cloud = cloud with { Endpoint = PoolDocuments.Text(spec.Endpoint), Domain = "" };
        }

        return wire with
        {
            CloudConfig = cloud with { SshKeys = spec.SshKeys ?? [], NtpServers = spec.NtpServers ?? [] },
            ClusterConfig = config with
            {
                NodeDrainTimeout = spec.DrainTimeoutSeconds,
                UpdateWorkerPoolsInParallel = spec.UpdateWorkerPoolsInParallel ?? false,
            },
            MachinePoolConfig =
            [
                .. (spec.Pools ?? []).Select(pool =>
                    PoolDocuments.Read(pool, pools.FirstOrDefault(one => one.PoolConfig?.Name == pool.Name))
                ),
            ],
        };
    }

    private static void Pools(Check check, ClusterInput before, ClusterDocumentSpec spec, bool prune)
    {
        foreach (var (pool, index) in (spec.Pools ?? []).Select((pool, index) => (pool, index)))
        {
            check.That(
                before.MachinePoolConfig?.FirstOrDefault(one => one.PoolConfig?.Name == pool.Name)?.PoolConfig is not { } was
                    || PoolParser.IsControlPlane(was) == pool.ControlPlane is true,
                $"spec.pools[{index}].controlPlane",
                "cannot change; make another pool"
            );
        }

        foreach (var pool in before.MachinePoolConfig ?? [])
        {
            var name = pool.PoolConfig?.Name;
            check.That(
                prune || PoolParser.IsControlPlane(pool.PoolConfig) || (spec.Pools ?? []).Any(one => one.Name == name),
                "spec.pools",
                $"has no '{name}', a pool of the cluster with size {pool.PoolConfig?.Size}; write it, or ask for it to be removed (prune)"
            );
        }
    }

    private static string? Endpoint(MaasClusterConfig? config) =>
        PoolDocuments.Text(config?.Endpoint)
        ?? (PoolDocuments.Text(config?.Domain) is { } domain ? $"dns:{domain.Trim()}" : null);

    private async Task<string?> AccountAsync(Check check, string? name, CancellationToken cancellationToken)
    {
        var accounts = await db
            .Accounts.AsNoTracking()
            .Where(one => one.RemovedAt == null)
            .Select(one => new
            {
                one.Uid,
                one.Name,
                one.ProjectUid,
            })
            .ToListAsync(cancellationToken);

        // The project's own account precedes one of the tenant.
        if (accounts.Where(one => one.Name == name).MaxBy(one => one.ProjectUid is not null) is { } found)
        {
            return found.Uid;
        }

        check.Problem(
            "spec.account",
            (name is null ? "is missing; " : $"there is no cloud account '{ApiError.Shown(name)}'; ")
                + (
                    accounts is []
                        ? "make one first"
                        : $"write one of: {string.Join(", ", accounts.Select(one => one.Name).Distinct())}"
                )
        );
        return null;
    }

    /// <summary>The choices that a document's profiles are; one that was not found has no uid.</summary>
    private async Task<IReadOnlyList<ProfileChoice>> ChoicesAsync(
        Check check,
        IReadOnlyList<ProfileUse> uses,
        IReadOnlyList<AttachedProfile> attached,
        CancellationToken cancellationToken
    )
    {
        check.That(uses.Count > 0, "spec.profiles", "is empty; name a cluster profile as NAME:VERSION");
        var choices = new List<ProfileChoice>();
        foreach (var (use, index) in uses.Select((use, index) => (use, index)))
        {
            var uid =
                attached.FirstOrDefault(profile => $"{profile.Name}:{profile.Version}" == use.Name)?.Uid
                ?? await ProfileAsync(check, $"spec.profiles[{index}].name", use.Name, cancellationToken);
            choices.Add(
                new ProfileChoice(
                    uid,
                    [
                        .. (use.Packs ?? []).Select(pack => new PackValues(
                            pack.Name,
                            pack.Tag,
                            Type: null,
                            pack.Values,
                            [.. (pack.Manifests ?? []).Select(manifest => new ManifestInput(manifest.Name, manifest.Content))]
                        )),
                    ],
                    Variables: null,
                    ReplaceWithProfile: null
                )
            );
        }

        return choices;
    }

    private async Task<string?> ProfileAsync(Check check, string field, string? named, CancellationToken cancellationToken)
    {
        var at = named?.LastIndexOf(':') ?? -1;
        var (name, version) = at < 0 ? (named ?? "", "") : (named![..at], named[(at + 1)..]);
        var rows = await db
            .Profiles.AsNoTracking()
            .Where(row => row.Name == name)
            .Select(row => new
            {
                row.Uid,
                row.Version,
                row.ProjectUid,
            })
            .ToListAsync(cancellationToken);
        if (rows.Where(row => row.Version == version).MaxBy(row => row.ProjectUid is not null) is { } found)
        {
            return found.Uid;
        }

        var shown = ApiError.Shown(named ?? "");
        check.Problem(
            field,
            rows is []
                ? $"there is no cluster profile '{shown}'; write NAME:VERSION of one that exists, or apply its document too"
                : $"'{shown}' is no version of {ApiError.Shown(name)}; write one of: "
                    + string.Join(", ", rows.Select(row => $"{name}:{row.Version}").Distinct())
        );
        return null;
    }

    private async Task<Attached?> ProfilesAsync(
        Check check,
        DesiredCluster before,
        ClusterDocumentSpec spec,
        IReadOnlySet<string> fresh,
        string? projectUid,
        CancellationToken cancellationToken
    )
    {
        var wanted = await ChoicesAsync(check, spec.Profiles ?? [], before.Profiles, cancellationToken);
        var others = wanted
            .Select((choice, index) => (Choice: choice, Index: index))
            .Where(one => !Keeps(before, one.Choice, spec.Kubernetes is not null, fresh))
            .ToList();
        var taken = new Attached([], []);
        if (others.Count > 0)
        {
            var ofProfiles = new Check();
            taken = await resolver.AllAsync(
                ofProfiles,
                "spec.profiles",
                projectUid,
                [.. others.Select(one => one.Choice)],
                cancellationToken
            );
            foreach (var problem in ofProfiles.Problems)
            {
                var field = Place()
                    .Replace(
                        problem.Field,
                        place => $"spec.profiles[{others[int.Parse(place.Groups["index"].Value, null)].Index}]"
                    );
                check.Problem(field, problem.Message);
            }
        }

        if (check.Failed || taken is null)
        {
            return null;
        }

        var (choices, profiles) = (new List<ProfileChoice>(), new List<AttachedProfile>());
        foreach (var choice in wanted)
        {
            var from = taken.Choices.Any(one => one.Uid == choice.Uid)
                ? taken
                : new Attached(before.Wire.Profiles ?? [], before.Profiles);
            choices.Add(from.Choices.First(one => one.Uid == choice.Uid));
            profiles.Add(from.Profiles.First(one => one.Uid == choice.Uid));
        }

        return ProfileResolver.WithKubernetes(check, "spec.kubernetes", new Attached(choices, profiles), spec.Kubernetes);
    }

    // The cluster's own copy stays while the document says of it what it said before.
    private static bool Keeps(DesiredCluster before, ProfileChoice choice, bool setsKubernetes, IReadOnlySet<string> fresh)
    {
        if (
            choice.Uid is null
            || fresh.Contains(choice.Uid)
            || before.Profiles.FirstOrDefault(profile => profile.Uid == choice.Uid) is not { } attached
        )
        {
            return false;
        }

        // The version stands apart from the rest of the Kubernetes layer.
        var kubernetes = attached.Template.Packs.FirstOrDefault(pack => pack.Layer is PackLayers.Kubernetes)?.Name;
        var was = (before.Wire.Profiles ?? []).FirstOrDefault(one => one.Uid == choice.Uid)?.PackValues ?? [];
        var says = choice.PackValues ?? [];
        var apart = setsKubernetes && says.All(pack => pack.Name != kubernetes);
        return Text(was.Where(pack => !apart || pack.Name != kubernetes)) == Text(says);
    }

    private static string Text(IEnumerable<PackValues> packs) =>
        StoreJson.Write(
            packs
                .OrderBy(pack => pack.Name, StringComparer.Ordinal)
                .Select(pack => new PackValues(
                    pack.Name,
                    PoolDocuments.Text(pack.Tag),
                    Type: null,
                    PoolDocuments.Text(pack.Values),
                    [
                        .. (pack.Manifests ?? [])
                            .OrderBy(manifest => manifest.Name, StringComparer.Ordinal)
                            .Select(manifest => manifest with { Uid = null }),
                    ]
                ))
                .ToList()
        );

    private async Task<(string? Kubernetes, IReadOnlyList<ProfileUse> Uses)> UsesAsync(
        DesiredCluster cluster,
        CancellationToken cancellationToken
    )
    {
        string? kubernetes = null;
        var uses = new List<ProfileUse>();
        foreach (var profile in cluster.Profiles)
        {
            var packs = (cluster.Wire.Profiles ?? []).FirstOrDefault(one => one.Uid == profile.Uid)?.PackValues ?? [];
            if (await IsOtherVersionAsync(cluster.Spec.KubernetesVersion, profile, packs, cancellationToken) is { } pack)
            {
                kubernetes = cluster.Spec.KubernetesVersion.ToString();
                packs = [.. packs.Where(one => one.Name != pack)];
            }

            uses.Add(
                new ProfileUse
                {
                    Name = $"{profile.Name}:{profile.Version}",
                    Packs = PoolDocuments.Some<PackOverride>([
                        .. packs.Select(one => new PackOverride
                        {
                            Name = one.Name,
                            Tag = PoolDocuments.Text(one.Tag),
                            Values = PoolDocuments.Text(one.Values),
                            Manifests = PoolDocuments.Some<ManifestDocument>([
                                .. (one.Manifests ?? []).Select(manifest => new ManifestDocument
                                {
                                    Name = manifest.Name,
                                    Content = manifest.Content,
                                }),
                            ]),
                        }),
                    ]),
                }
            );
        }

        return (kubernetes, uses);
    }

    /// <summary>Whether a cluster's own Kubernetes layer differs from the published one in its version alone.</summary>
    /// <returns>The name of the layer's pack, or null.</returns>
    private async Task<string?> IsOtherVersionAsync(
        KubernetesVersion version,
        AttachedProfile profile,
        IReadOnlyList<PackValues> packs,
        CancellationToken cancellationToken
    )
    {
        if (
            profile.Template.Packs.FirstOrDefault(pack => pack.Layer is PackLayers.Kubernetes) is not { } layer
            || packs.FirstOrDefault(pack => pack.Name == layer.Name) is not { Manifests: null or { Count: 0 } } own
        )
        {
            return null;
        }

        var row = await db.Profiles.AsNoTracking().FirstOrDefaultAsync(one => one.Uid == profile.Uid, cancellationToken);
        if (
            row is null
            || ProfileViews.Published(row)?.Packs.FirstOrDefault(pack => pack.Name == layer.Name) is not { } published
        )
        {
            return null;
        }

        var upgraded = PackEdits.Changed(new Check(), "", published, PackEdits.Upgrade(published, version));
        return (upgraded.Version, upgraded.Values) == (own.Tag, own.Values) ? layer.Name : null;
    }

    [GeneratedRegex(@"^spec\.profiles\[(?<index>[0-9]+)\]", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Place();
}
