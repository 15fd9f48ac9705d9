using System.Collections.Immutable;

namespace Gantry.Lab.Kubernetes;

public sealed partial class LabCluster
{
    private ImmutableArray<KubeResource> _custom = [];

    /// <summary>All kinds the cluster serves, custom ones included.</summary>
    public IEnumerable<KubeResource> ServedResources => KubeResources.All.Concat(_custom);

    internal ImmutableArray<KubeResource> CustomResources => _custom;

    /// <summary>The kind at a path, or null.</summary>
    public KubeResource? FindResource(string group, string apiVersion, string plural) =>
        KubeResources.Find(group, apiVersion, plural)
        ?? _custom.FirstOrDefault(r => r.Plural == plural && r.Group == group && r.Version == apiVersion);

    /// <summary>The kind of an object, or null.</summary>
    public KubeResource? FindKind(string apiVersion, string kind) =>
        ServedResources.FirstOrDefault(r => r.Kind == kind && r.ApiVersion == apiVersion);

    internal KubeSchema? SchemaOf(KubeResource resource) =>
        resource.IsCustom ? CustomResourceSchema.Of(this, resource) : KubeSchemas.Find(resource);

    private void RefreshCustomResources() =>
        _custom = [
            .. _objects
                .All(KubeResources.CustomResourceDefinitions.GroupResource)
                .SelectMany(s => CustomResourceSchema.Served(s.Read())),
        ];
}
