using System.Text.Json.Nodes;

namespace Gantry.Lab.Kubernetes.Controllers;

/// <summary>
/// Removes orphaned dependents, finishes foreground and orphaning deletions, and empties terminating namespaces.
/// </summary>
internal static class GarbageCollector
{
    public static void Run(Moment moment)
    {
        var cluster = moment.Cluster;
        Owners(cluster);
        Namespaces(cluster);
    }

    private static void Owners(LabCluster cluster)
    {
        var all = cluster.Objects.Everything().ToArray();
        if (!all.Any(o => o.OwnerUids.Count > 0))
        {
            FinishFinalizers(cluster, all);
            return;
        }

        var uids = all.Select(o => o.Uid).ToHashSet(StringComparer.Ordinal);
        foreach (var orphaned in all.Where(o => o.OwnerUids.Count > 0 && !o.OwnerUids.Any(uids.Contains)))
        {
            Remove(cluster, orphaned);
        }

        FinishFinalizers(cluster, all);
    }

    private static void FinishFinalizers(LabCluster cluster, StoredObject[] all)
    {
        foreach (var stored in all.Where(Terminating))
        {
            if (cluster.Objects.Find(stored.Kind, stored.Key) != stored || Resource(cluster, stored) is not { } resource)
            {
                continue;
            }

            var o = stored.Read();
            var dependents = all.Where(d => d.OwnerUids.Contains(stored.Uid) && cluster.Objects.Find(d.Kind, d.Key) is not null)
                .ToArray();
            if (Has(o, "orphan"))
            {
                foreach (var dependent in dependents)
                {
                    Disown(cluster, dependent, stored.Uid);
                }

                Release(cluster, resource, o, "orphan");
            }
            else if (Has(o, "foregroundDeletion"))
            {
                foreach (var dependent in dependents)
                {
                    Remove(cluster, dependent);
                }

                if (dependents.Length == 0)
                {
                    Release(cluster, resource, o, "foregroundDeletion");
                }
            }
        }
    }

    private static void Namespaces(LabCluster cluster)
    {
        foreach (var stored in cluster.Objects.All("namespaces").Where(Terminating).ToArray())
        {
            var prefix = stored.Key + "/";
            var content = cluster.Objects.Everything().Where(o => o.Key.StartsWith(prefix, StringComparison.Ordinal)).ToArray();
            foreach (var o in content)
            {
                Remove(cluster, o);
            }

            if (content.Length == 0)
            {
                var ns = stored.Read();
                ns.Under("spec").Remove("finalizers");
                if (ns.At("metadata", "finalizers") is not JsonArray { Count: > 0 })
                {
                    cluster.RemoveCore(KubeResources.Namespaces, stored.Key);
                }
            }
        }
    }

    private static void Remove(LabCluster cluster, StoredObject stored)
    {
        if (
            cluster.Objects.Find(stored.Kind, stored.Key) is { } there
            && !Terminating(there)
            && Resource(cluster, there) is { } resource
        )
        {
            cluster.DeleteCore(
                resource,
                there.Key,
                there.Key[(there.Key.IndexOf('/', StringComparison.Ordinal) + 1)..],
                DeleteOptions.Default
            );
        }
    }

    private static void Disown(LabCluster cluster, StoredObject stored, string owner)
    {
        if (Resource(cluster, stored) is not { } resource || cluster.Objects.Find(stored.Kind, stored.Key)?.Read() is not { } o)
        {
            return;
        }

        var references = o.Metadata().ListUnder("ownerReferences");
        references.RemoveAll(r => r.Text("uid") == owner);
        if (references.Count == 0)
        {
            o.Metadata().Remove("ownerReferences");
        }

        cluster.UpdateCore(resource, o, WriteOptions.Default);
    }

    private static void Release(LabCluster cluster, KubeResource resource, JsonObject o, string finalizer)
    {
        o.Metadata().ListUnder("finalizers").RemoveAll(f => f!.GetValue<string>() == finalizer);
        cluster.UpdateCore(resource, o, WriteOptions.Default);
    }

    private static bool Has(JsonObject o, string finalizer) =>
        o.At("metadata", "finalizers") is JsonArray list && list.Any(f => f!.GetValue<string>() == finalizer);

    /// <summary>Searches the bytes: parsing every object on every pass would dominate the run time.</summary>
    private static bool Terminating(StoredObject o) =>
        o.Json.AsSpan().IndexOf("\"deletionTimestamp\":\""u8) >= 0 && o.Read().IsDeleting();

    private static KubeResource? Resource(LabCluster cluster, StoredObject stored) =>
        cluster.ServedResources.FirstOrDefault(r => r.GroupResource == stored.Kind);
}
