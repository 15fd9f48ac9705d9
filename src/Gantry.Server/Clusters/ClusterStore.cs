using System.Text.Json;
using Gantry.Clusters.Model;
using Gantry.Protocol;
using Gantry.Server.Api;
using Gantry.Server.Documents;
using Gantry.Server.Store;
using Microsoft.EntityFrameworkCore;

namespace Gantry.Server.Clusters;

/// <summary>
/// Changes of clusters: the client's input, the desired state derived from it, the next generation and revision.
/// </summary>
public sealed class ClusterStore(ConsoleDb db, ClusterDrafts drafts, Caller caller, TimeProvider time)
{
    public static Subject About(ClusterRow row) => new("spectrocluster", row.Uid, row.Name, row.ProjectUid);

    public static string Write(ClusterSpec spec) => JsonSerializer.Serialize(spec, ProtocolJson.Options);

    public static ClusterSpec Read(ClusterRow row) =>
        JsonSerializer.Deserialize<ClusterSpec>(row.SpecJson, ProtocolJson.Options)!;

    public static string ActiveName(Caller caller, string name) => $"{caller.ProjectUid ?? "tenant"}/{name}";

    /// <exception cref="ApiException">Status 409: a cluster with that name exists.</exception>
    public async Task RefuseDuplicateAsync(string name, CancellationToken cancellationToken)
    {
        var activeName = ActiveName(caller, name);
        if (await db.Clusters.AnyAsync(row => row.ActiveName == activeName, cancellationToken))
        {
            throw ApiError.Duplicate("cluster", name);
        }
    }

    /// <exception cref="ApiException">Status 409: a cluster with that name exists.</exception>
    public async Task<ClusterRow> CreateAsync(
        AuditedWrite write,
        ClusterDraft draft,
        ObjectMeta? metadata,
        CancellationToken cancellationToken
    )
    {
        var (spec, wire, profiles, account) = draft;
        await RefuseDuplicateAsync(spec.Name.Value, cancellationToken);
        var row = new ClusterRow
        {
            Uid = spec.Id.Value,
            ProjectUid = caller.ProjectUid,
            Name = spec.Name.Value,
            ActiveName = ActiveName(caller, spec.Name.Value),
            ConfigUid = Uids.New(),
            GatewayUid = account.GatewayUid,
            AccountUid = account.Uid,
            LabelsJson = StoreJson.Write(Labels(metadata?.Labels)),
            AnnotationsJson = StoreJson.Write(metadata?.Annotations ?? new Dictionary<string, string>()),
            WireJson = StoreJson.Write(wire),
            SpecJson = Write(spec),
            CreatedAt = spec.CreatedAt,
            ModifiedAt = spec.CreatedAt,
            Revision = await write.NextRevisionAsync(account.GatewayUid, cancellationToken),
        };
        db.Clusters.Add(row);
        await db.AttachAsync(row, profiles, cancellationToken);
        await db.LabelAsync(row, cancellationToken);
        write.Record(
            AuditAction.Create,
            About(row),
            after: wire,
            generation: row.Generation,
            request: ChangeSentence.Of(spec, profiles)
        );
        return row;
    }

    /// <summary>Validates and stores an edit.</summary>
    /// <param name="profiles">Null keeps the cluster's profiles.</param>
    /// <param name="more">A change of the desired state beside the client's input.</param>
    /// <exception cref="ApiException">Status 400 with every problem and every change that is not permitted; the cluster is
    /// not changed.</exception>
    public async Task ApplyAsync(
        AuditedWrite write,
        ClusterRow row,
        ClusterEdit edit,
        CancellationToken cancellationToken,
        Attached? profiles = null,
        Func<ClusterSpec, ClusterSpec>? more = null
    ) => await StoreAsync(write, row, await drafts.RebuildAsync(row, edit, profiles, more, cancellationToken), cancellationToken);

    /// <summary>Stores a change of the desired state that is not part of the client's input.</summary>
    public Task ApplySpecAsync(
        AuditedWrite write,
        ClusterRow row,
        Func<ClusterSpec, ClusterSpec> change,
        CancellationToken cancellationToken
    )
    {
        var before = DesiredCluster.Of(row);
        var after = change(before.Spec);
        return StoreAsync(
            write,
            row,
            DesiredCluster.Same(before.Spec, after)
                ? before
                : before with
                {
                    Spec = after with { Generation = row.Generation + 1 },
                },
            cancellationToken
        );
    }

    /// <summary>
    /// Stores a changed cluster. Changes outside the desired state (a description, a time zone) are not sent to the
    /// gateway.
    /// </summary>
    public async Task StoreAsync(AuditedWrite write, ClusterRow row, DesiredCluster after, CancellationToken cancellationToken)
    {
        var before = DesiredCluster.Of(row);
        var raises = after.Spec.Generation != before.Spec.Generation;
        if (after.IsAs(before))
        {
            return;
        }

        row.WireJson = StoreJson.Write(after.Wire);
        row.ModifiedAt = time.GetUtcNow();
        await db.AttachAsync(row, after.Profiles, cancellationToken);
        await RaiseAsync(write, row, after.Spec, cancellationToken);

        // A change by a separate switch is not part of the client's input.
        object was = before.Wire,
            becomes = after.Wire;
        if (StoreJson.Write(before.Wire) == StoreJson.Write(after.Wire))
        {
            (was, becomes) = (Switches(before.Spec), Switches(after.Spec));
        }

        write.Record(
            AuditAction.Update,
            About(row),
            was,
            becomes,
            raises ? row.Generation : null,
            raises ? ChangeSentence.Of(before, after) : null
        );
    }

    /// <summary>Sets labels and annotations to those of a document.</summary>
    /// <returns>Whether they were others.</returns>
    public async Task<bool> DescribeAsync(
        AuditedWrite write,
        ClusterRow row,
        DocumentMeta? metadata,
        CancellationToken cancellationToken
    )
    {
        var before = new { row.LabelsJson, row.AnnotationsJson };
        var labels = StoreJson.Write(Labels(metadata?.Labels));
        var annotations = StoreJson.Write(metadata?.Annotations ?? new Dictionary<string, string>());
        if (
            DocumentDifference
                .Between(
                    ClusterDocuments.Meta(row.Name, row.LabelsJson, row.AnnotationsJson),
                    ClusterDocuments.Meta(row.Name, labels, annotations)
                )
                .Count
            is 0
        )
        {
            return false;
        }

        (row.LabelsJson, row.AnnotationsJson) = (labels, annotations);
        await db.LabelAsync(row, cancellationToken);
        row.ModifiedAt = time.GetUtcNow();
        write.Record(AuditAction.Update, About(row), before, new { row.LabelsJson, row.AnnotationsJson });
        return true;
    }

    public async Task DeleteAsync(AuditedWrite write, ClusterRow row, bool force, bool drain, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var before = DesiredCluster.Of(row);
        if (row.DeletionRequestedAt is null && ClusterViews.State(row) is not nameof(ClusterPhase.Running))
        {
            row.AbortedAt = now;
        }

        row.DeletionRequestedAt ??= now;
        row.ModifiedAt = now;

        // A forced deletion does not drain: a drain that does not finish may be the reason for the force.
        var after = before.Spec with
        {
            Generation = row.Generation + 1,
            Deletion = new Deletion(row.DeletionRequestedAt.Value, force, drain && !force),
        };
        await RaiseAsync(write, row, after, cancellationToken);
        write.Record(
            AuditAction.Delete,
            About(row),
            before: new { state = before.Spec.Deletion is null ? "Present" : "Deleting" },
            after: new
            {
                state = "Deleting",
                force,
                drain,
            },
            row.Generation,
            ChangeSentence.Of(before, before with { Spec = after })
        );
    }

    /// <summary>Stores a desired state if it differs.</summary>
    private static async Task RaiseAsync(
        AuditedWrite write,
        ClusterRow row,
        ClusterSpec spec,
        CancellationToken cancellationToken
    )
    {
        if (spec.Generation == row.Generation)
        {
            return;
        }

        row.Generation = spec.Generation;
        row.SpecJson = Write(spec);
        row.Revision = await write.NextRevisionAsync(row.GatewayUid, cancellationToken);
    }

    private static object Switches(ClusterSpec spec) =>
        new
        {
            spec.KubernetesVersion,
            spec.Image,
            spec.StockImage,
            spec.AutoRepair,
            spec.ApprovedRepave,
            spec.RenewCertificatesOlderThan,
            replace = spec.Replace.Select(machine => machine.Value),
        };

    // A tag without a value is stored under the value that clients show as none.
    public static Dictionary<string, string> Labels(IReadOnlyDictionary<string, string>? labels) =>
        (labels ?? new Dictionary<string, string>()).ToDictionary(
            pair => pair.Key,
            pair => string.IsNullOrEmpty(pair.Value) ? "spectro__tag" : pair.Value
        );
}
