using System.Text.Json.Nodes;

namespace Gantry.Lab.Kubernetes.Controllers;

/// <summary>One pass of the controllers: the observed objects, the changes, and when the next pass is due.</summary>
internal sealed class Moment(LabCluster cluster)
{
    private readonly Dictionary<string, IReadOnlyList<JsonObject>> _seen = [];

    public LabCluster Cluster => cluster;

    public DateTimeOffset Now { get; } = cluster.Time.GetUtcNow();

    public string Stamp => KubeJson.Stamp(Now);

    /// <summary>The earliest time at which timed work is due, or null.</summary>
    public DateTimeOffset? Due { get; private set; }

    public IReadOnlyList<JsonObject> List(KubeResource resource)
    {
        if (!_seen.TryGetValue(resource.GroupResource, out var list))
        {
            _seen[resource.GroupResource] = list = [.. cluster.Objects.All(resource.GroupResource).Select(s => s.Read())];
        }

        return list;
    }

    public IReadOnlyList<JsonObject> Owned(KubeResource resource, JsonObject owner) =>
        [.. List(resource).Where(o => o.Namespace() == owner.Namespace() && o.Controller().Text("uid") == owner.Uid())];

    public JsonObject? Node(string? name) => List(KubeResources.Nodes).FirstOrDefault(n => n.Name() == name);

    /// <summary>True once the time has come; before that, schedules a pass for that time.</summary>
    public bool Reached(DateTimeOffset at)
    {
        if (at <= Now)
        {
            return true;
        }

        Due = Due is null || at < Due ? at : Due;
        return false;
    }

    /// <summary>
    /// Creates an object for a controller. A refused create (terminating namespace, invalid pod template) does not stop the
    /// controller: the owner's status shows the missing object, and the next pass tries again.
    /// </summary>
    public void Create(KubeResource resource, JsonObject o)
    {
        _seen.Remove(resource.GroupResource);
        try
        {
            cluster.CreateCore(resource, o, WriteOptions.Default);
        }
        catch (KubeException refusal) when (refusal.Code is 403 or 404 or 409 or 422)
        {
            // The API server refused the object before any write.
        }
    }

    public void Save(KubeResource resource, JsonObject o)
    {
        var key = LabCluster.Key(resource, o.Namespace(), o.Name());
        if (cluster.Objects.Find(resource.GroupResource, key) is null)
        {
            return;
        }

        _seen.Remove(resource.GroupResource);
        o.Metadata().Remove("resourceVersion");
        cluster.UpdateCore(resource, o, WriteOptions.Default);
    }

    public void Delete(KubeResource resource, JsonObject o, DeleteOptions options)
    {
        var key = LabCluster.Key(resource, o.Namespace(), o.Name());
        if (cluster.Objects.Find(resource.GroupResource, key) is null)
        {
            return;
        }

        _seen.Remove(resource.GroupResource);
        cluster.DeleteCore(resource, key, o.Name(), options);
    }

    public static JsonObject OwnerReference(KubeResource resource, JsonObject owner) =>
        new()
        {
            ["apiVersion"] = resource.ApiVersion,
            ["kind"] = resource.Kind,
            ["name"] = owner.Name(),
            ["uid"] = owner.Uid(),
            ["controller"] = true,
            ["blockOwnerDeletion"] = true,
        };
}
