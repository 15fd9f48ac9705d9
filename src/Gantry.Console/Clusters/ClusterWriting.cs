using System.Text.Json;
using Gantry.Clusters.Model;
using Gantry.Console.Api;
using Gantry.Console.Store;
using Gantry.Protocol;

namespace Gantry.Console.Clusters;

/// <summary>Changes of one cluster: what the client wrote, the desired state that follows, the next generation and revision.</summary>
public sealed class ClusterWriting(ClusterDrafts drafts, TimeProvider time)
{
    public static Subject About(ClusterRow row) => new("spectrocluster", row.Uid, row.Name, row.ProjectUid);

    public static string Write(ClusterSpec spec) => JsonSerializer.Serialize(spec, ProtocolJson.Options);

    public static ClusterSpec Read(ClusterRow row) => JsonSerializer.Deserialize<ClusterSpec>(row.SpecJson, ProtocolJson.Options)!;

    public async Task ApplyAsync(AuditedWrite write, ClusterRow row, Func<ClusterWire, ClusterWire> change, CancellationToken cancellationToken)
    {
        var before = ApiJson.Read<ClusterWire>(row.WireJson);
        var after = change(before);
        var spec = await drafts.RebuildAsync(row, after, cancellationToken);
        row.WireJson = ApiJson.Write(after);
        row.ModifiedAt = time.GetUtcNow();

        // What does not reach the desired state (a description, a time zone) is no business of the gateway.
        if (Write(spec with { Generation = row.Generation }) != row.SpecJson)
        {
            row.Generation = spec.Generation;
            row.SpecJson = Write(spec);
            row.Revision = await write.NextRevisionAsync(row.GatewayUid, cancellationToken);
        }

        write.Record(AuditAction.Update, About(row), before, after);
    }

    public async Task DeleteAsync(AuditedWrite write, ClusterRow row, bool force, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var before = Read(row);
        row.DeletionRequestedAt ??= now;
        row.Generation++;
        row.SpecJson = Write(before with { Generation = row.Generation, Deletion = new Deletion(row.DeletionRequestedAt.Value, force) });
        row.ModifiedAt = now;
        row.Revision = await write.NextRevisionAsync(row.GatewayUid, cancellationToken);
        write.Record(AuditAction.Delete, About(row), before: new { state = "Present" }, after: new { state = "Deleting", force });
    }
}
