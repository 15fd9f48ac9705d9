using Gantry.Server.Api;
using Gantry.Server.Store;
using Microsoft.EntityFrameworkCore;

namespace Gantry.Server.Clusters;

/// <summary>Label rows for searches. They follow the cluster's own row, which is authoritative.</summary>
public static class ClusterLabels
{
    public static async Task LabelAsync(this ConsoleDb db, ClusterRow cluster, CancellationToken cancellationToken)
    {
        var labels = StoreJson.Read<Dictionary<string, string>>(cluster.LabelsJson);
        var rows = await db.ClusterLabels.Where(row => row.ClusterUid == cluster.Uid).ToListAsync(cancellationToken);
        db.ClusterLabels.RemoveRange(rows.Where(row => !labels.ContainsKey(row.Key)));
        foreach (var (key, value) in labels)
        {
            if (rows.Find(row => row.Key == key) is { } row)
            {
                row.Value = value;
            }
            else
            {
                db.ClusterLabels.Add(
                    new ClusterLabelRow
                    {
                        ClusterUid = cluster.Uid,
                        Key = key,
                        Value = value,
                    }
                );
            }
        }
    }
}
