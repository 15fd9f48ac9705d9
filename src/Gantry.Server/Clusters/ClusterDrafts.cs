using Gantry.Clusters.Model;
using Gantry.Server.Api;
using Gantry.Server.CloudAccounts;
using Gantry.Server.Documents;
using Gantry.Server.Profiles;
using Gantry.Server.Store;
using Microsoft.EntityFrameworkCore;

namespace Gantry.Server.Clusters;

/// <summary>A valid request for a cluster: the row to store and the desired state for the gateway.</summary>
public sealed record ClusterDraft(
    ClusterSpec Spec,
    ClusterInput Wire,
    IReadOnlyList<AttachedProfile> Profiles,
    AccountRow Account
);

/// <summary>Validates requests for clusters against the accounts and profiles in the caller's scope.</summary>
public sealed class ClusterDrafts(
    ConsoleDb db,
    Caller caller,
    ProfileResolver resolver,
    ClusterDocuments documents,
    RepairSetting repair,
    TimeProvider time
)
{
    private static readonly HashSet<string> Nothing = [];

    /// <returns>Null when <paramref name="check"/> has problems.</returns>
    public async Task<ClusterDraft?> ReadAsync(Check check, ClusterEntity body, string uid, CancellationToken cancellationToken)
    {
        var name = check.DnsLabel(body.Metadata?.Name);
        if (body.Spec is not { } given)
        {
            check.Problem("spec", "is missing; give cloudAccountUid, cloudConfig, profiles and machinepoolconfig");
            return null;
        }

        var wire = given with
        {
            ClusterConfig = ClusterEdit.WithOwnFields(given.ClusterConfig, given.CloudConfig),
            CloudConfig = (given.CloudConfig ?? new MaasClusterConfig()) with
            {
                UpdateWorkerPoolsInParallel = null,
                NodeDrainTimeout = null,
                Domain = given.CloudConfig?.Domain ?? "",
                NtpServers = given.CloudConfig?.NtpServers ?? [],
                SshKeys = given.CloudConfig?.SshKeys ?? [],
            },
            MachinePoolConfig = [.. (given.MachinePoolConfig ?? []).Select(PoolParser.Complete)],
        };
        var account = await AccountAsync(check, wire.CloudAccountUid, cancellationToken);
        var attached = await resolver.AllAsync(check, "spec.profiles", projectUid: null, wire.Profiles ?? [], cancellationToken);
        if (attached is not null && wire.Kubernetes is not null)
        {
            attached = ProfileResolver.WithKubernetes(check, "spec.kubernetes", attached, wire.Kubernetes);
            wire = wire with { Profiles = attached.Choices, Kubernetes = null };
        }

        var identity = new ClusterIdentity(
            uid,
            name,
            account?.Uid ?? "",
            account is null ? null : PreferredSubnet(account),
            time.NowInMilliseconds(),
            Generation: 1
        );

        // Built also after an earlier problem, so that one response lists all problems.
        if (SpecBuilder.Build(check, identity, wire, attached?.Profiles) is not { } spec)
        {
            return null;
        }

        NetworkChecks.OfNew(check, spec, wire, attached!.Profiles);
        return check.Failed
            ? null
            : new ClusterDraft(
                spec with
                {
                    AutoRepair = await repair.OfAsync(null, caller.ProjectUid, cancellationToken),
                },
                wire,
                attached.Profiles,
                account!
            );
    }

    /// <summary>The cluster after a change; changes nothing.</summary>
    /// <param name="row">The cluster's row with its report.</param>
    /// <param name="at">The time of the request.</param>
    /// <exception cref="ApiException">Status 4xx with every problem and every change that is not permitted.</exception>
    public async Task<DesiredCluster> ChangedAsync(
        ClusterRow row,
        ClusterChange change,
        DateTimeOffset at,
        CancellationToken cancellationToken
    )
    {
        var before = DesiredCluster.Of(row);
        await db.RefuseOutdatedAsync(row, change.Generation, cancellationToken);
        if (change.Delete is { } delete)
        {
            return change.Edits()
                    ? throw ApiError.Invalid(
                        "delete",
                        "ends the cluster, so nothing else can be changed with it; write delete alone"
                    )
                : row.DeletionRequestedAt is null
                    ? before with
                    {
                        Spec = before.Spec with
                        {
                            Generation = row.Generation + 1,
                            Deletion = new Deletion(at, Drain: delete.Drain is true),
                        },
                    }
                : before;
        }

        if (!change.Edits())
        {
            return before;
        }

        if (row.DeletionRequestedAt is not null)
        {
            throw ClusterScope.BeingDeleted(row);
        }

        if (change.Document is { } document)
        {
            return change.EditsParts()
                ? throw ApiError.Invalid("document", "is the whole desired state; write it alone")
                : await DocumentedAsync(row, document, Nothing, change.Prune is true, cancellationToken);
        }

        var edit = new ClusterEdit(before.Wire).All(change.MachinePools ?? []);
        var attached = change.Profiles is { Count: > 0 } profiles
            ? await PatchedAsync(row, before, profiles, cancellationToken)
            : null;
        if (change.Upgrade is not null || change.Packs is { Count: > 0 })
        {
            attached = WithPacks(attached ?? new Attached(before.Wire.Profiles ?? [], before.Profiles), change);
        }

        SystemId[] replace =
        [
            .. (change.ReplaceMachines ?? []).Select((machine, index) => Member(row, machine, $"replaceMachines[{index}]")),
        ];
        return await RebuildAsync(
            row,
            edit,
            attached,
            spec =>
                Replacing(row, spec, replace) with
                {
                    RenewCertificatesOlderThan = change.RenewCertificates is true ? at : spec.RenewCertificatesOlderThan,
                },
            cancellationToken
        );
    }

    /// <summary>The new cluster of a document.</summary>
    /// <exception cref="ApiException">400 with every problem, at its place in the document.</exception>
    public async Task<(ClusterEntity Request, ClusterDraft Draft)> DocumentedAsync(
        ClusterDocument document,
        string uid,
        CancellationToken cancellationToken
    )
    {
        var names = new Check();
        var entity = await documents.EntityAsync(names, document, cancellationToken);
        var check = new Check();
        var draft = await ReadAsync(check, entity, uid, cancellationToken);

        // A name that was not found has been told of, in the words of the document.
        string[] told = [.. names.Problems.Select(problem => problem.Field)];
        FieldError[] problems =
        [
            .. names.Problems,
            .. ClusterDocuments.Placed(check.Problems).Where(problem => !told.Contains(problem.Field)),
        ];
        return problems is [] ? (entity, draft!) : throw ApiError.Invalid(problems);
    }

    /// <summary>The cluster after its document is applied; the same as before when the document says nothing else.</summary>
    /// <param name="fresh">Uids of profiles whose published content is taken over.</param>
    /// <exception cref="ApiException">400 with every problem, at its place in the document.</exception>
    public async Task<DesiredCluster> DocumentedAsync(
        ClusterRow row,
        ClusterDocument document,
        IReadOnlySet<string> fresh,
        bool prune,
        CancellationToken cancellationToken
    )
    {
        var before = DesiredCluster.Of(row);
        var check = new Check();
        var (wire, profiles) = await documents.ChangedAsync(check, row, document, fresh, prune, cancellationToken);
        DesiredCluster? after = null;
        try
        {
            // Built also after an earlier problem, so that one response lists all problems.
            after = await RebuildAsync(
                row,
                new ClusterEdit(wire),
                profiles ?? new Attached(before.Wire.Profiles ?? [], before.Profiles),
                more: null,
                cancellationToken
            );
        }
        catch (ApiException refused) when (refused.Status is StatusCodes.Status400BadRequest && refused.Details.Count > 0)
        {
            foreach (var problem in refused.Details)
            {
                check.Problem(problem.Field, problem.Message);
            }
        }

        if (check.Failed)
        {
            throw ApiError.Invalid([.. ClusterDocuments.Placed(check.Problems)]);
        }

        // A document does not say everything that a request may; what it does not say stays.
        var isSame =
            StoreJson.Write(before.Profiles) == StoreJson.Write(after!.Profiles)
            && DocumentDifference
                .Between(
                    await documents.WriteAsync(row, before, cancellationToken),
                    await documents.WriteAsync(row, after, cancellationToken)
                )
                .Count
                is 0;
        return isSame ? before : after;
    }

    /// <summary>The profiles of a cluster after a request's profiles are taken over.</summary>
    /// <exception cref="ApiException">400</exception>
    public async Task<Attached> PatchedAsync(
        ClusterRow row,
        DesiredCluster before,
        IReadOnlyList<ProfileChoice> profiles,
        CancellationToken cancellationToken
    )
    {
        var check = new Check();
        var attached = await resolver.PatchedAsync(
            check,
            "profiles",
            row.ProjectUid,
            new Attached(before.Wire.Profiles ?? [], before.Profiles),
            profiles,
            cancellationToken
        );
        check.ThrowIfFailed();
        return attached!;
    }

    /// <exception cref="ApiException">400 or 404</exception>
    private static Attached WithPacks(Attached before, ClusterChange change)
    {
        var check = new Check();
        var after = change.Upgrade is { } upgrade ? Upgraded(check, before, upgrade) : before;
        foreach (var (pack, index) in (change.Packs ?? []).Select((pack, index) => (pack, index)))
        {
            after = ProfileResolver.WithPack(check, $"packs[{index}].", after, pack);
        }

        check.ThrowIfFailed();
        return after;
    }

    private static Attached Upgraded(Check check, Attached before, UpgradeChange upgrade)
    {
        check.That(upgrade is not { Kubernetes: null, Image: null }, "upgrade", "says nothing; give kubernetes, image, or both");
        if (upgrade.Kubernetes is { } text)
        {
            if (KubernetesVersion.TryParse(text, out var version))
            {
                before = ProfileResolver.WithPack(check, "upgrade.", before, PackEdits.Upgrade(Layer(before, "k8s"), version));
            }
            else
            {
                check.Problem(
                    "upgrade.kubernetes",
                    $"'{ApiError.Shown(text)}' is not {KubernetesVersion.Is}; write {KubernetesVersion.Write}"
                );
            }
        }

        return upgrade.Image is { } image
            ? ProfileResolver.WithPack(
                check,
                "upgrade.",
                before,
                new PackChange(Layer(before, "os").Name, Tag: null, NodeImages.Named(Layer(before, "os"), image))
            )
            : before;
    }

    private static ProfilePack Layer(Attached attached, string layer) =>
        attached.Profiles.SelectMany(profile => profile.Template.Packs).First(pack => pack.Layer == layer);

    /// <summary>The desired state with machines to replace; earlier ones are dropped once their machine is gone.</summary>
    public static ClusterSpec Replacing(ClusterRow row, ClusterSpec spec, IReadOnlyList<SystemId> machines) =>
        machines.Count is 0
            ? spec
            : spec with
            {
                Replace = [.. spec.Replace.Where(machine => Has(row, machine)).Union(machines)],
            };

    /// <summary>
    /// The cluster after a change; counted as the next generation if it differs from the present desired state.
    /// </summary>
    /// <param name="row">The cluster's row with its report.</param>
    /// <param name="profiles">Null keeps the cluster's profiles.</param>
    /// <param name="more">A change of the desired state beside wire and profiles.</param>
    /// <exception cref="ApiException">Status 400 with every problem and every change that is not permitted.</exception>
    public async Task<DesiredCluster> RebuildAsync(
        ClusterRow row,
        ClusterEdit edit,
        Attached? profiles,
        Func<ClusterSpec, ClusterSpec>? more,
        CancellationToken cancellationToken
    )
    {
        var before = DesiredCluster.Of(row);
        var wire = profiles is null ? edit.Wire : edit.Wire with { Profiles = profiles.Choices };
        var attached = profiles?.Profiles ?? before.Profiles;
        var account = await db.Accounts.AsNoTracking().SingleAsync(one => one.Uid == row.AccountUid, cancellationToken);
        var check = new Check();
        var identity = new ClusterIdentity(
            row.Uid,
            before.Spec.Name,
            row.AccountUid,
            PreferredSubnet(account),
            before.Spec.CreatedAt,
            row.Generation,
            before.Spec.Network
        );
        var built = SpecBuilder.Build(check, identity, wire, attached);
        if (built is not null)
        {
            ChangeRules.Check(check, before, built, ClusterViews.Status(row));
            if (ChangeRules.IsUntouched(before.Spec, ClusterViews.Status(row)))
            {
                NetworkChecks.OfNew(check, built, wire, attached);
            }
        }

        if (check.Failed)
        {
            throw ApiError.Invalid([.. check.Problems.Select(edit.Placed)]);
        }

        // The API server's endpoint does not change once nodes and kubeconfigs carry it.
        var spec = built! with
        {
            Endpoint = ChangeRules.EndpointOf(before.Spec, built!.Endpoint, ClusterViews.Status(row)),
            Deletion = before.Spec.Deletion,
            AutoRepair = await repair.OfAsync(row.AutoRepair, row.ProjectUid, cancellationToken),
            ApprovedRepave = before.Spec.ApprovedRepave,
            RenewCertificatesOlderThan = before.Spec.RenewCertificatesOlderThan,
            Replace = before.Spec.Replace,
        };
        spec = more?.Invoke(spec) ?? spec;
        return new DesiredCluster(
            wire,
            attached,
            DesiredCluster.Same(spec, before.Spec) ? before.Spec : spec with { Generation = row.Generation + 1 }
        );
    }

    private static SystemId Member(ClusterRow row, string machine, string field) =>
        Has(row, new SystemId(machine))
            ? new SystemId(machine)
            : throw ApiError.Invalid(
                field,
                $"the cluster has no machine '{ApiError.Shown(machine)}'; write the system id of one that it has"
            );

    private static bool Has(ClusterRow row, SystemId machine) =>
        ClusterViews.Status(row)?.Machines.Any(one => one.SystemId == machine) is true;

    private static string? PreferredSubnet(AccountRow account) =>
        StoreJson.Read<string[]>(account.PreferredSubnetsJson).FirstOrDefault();

    private async Task<AccountRow?> AccountAsync(Check check, string? uid, CancellationToken cancellationToken)
    {
        if (string.IsNullOrEmpty(uid))
        {
            check.Problem("spec.cloudAccountUid", "is missing; GET /v1/cloudaccounts/maas lists the cloud accounts");
            return null;
        }

        var account = await db
            .Accounts.AsNoTracking()
            .FirstOrDefaultAsync(row => row.Uid == uid && row.RemovedAt == null, cancellationToken);
        check.That(
            account is not null,
            "spec.cloudAccountUid",
            $"there is no cloud account '{ApiError.Shown(uid)}' in this scope"
        );
        return account;
    }
}
