using System.Text.Json.Serialization;

namespace Gantry.Clusters.Model;

/// <summary>A Kubernetes object that an add-on layer brings.</summary>
/// <param name="Namespace"><c>null</c> where the manifest names none.</param>
public sealed record AddonObject(string ApiVersion, string Kind, string? Namespace, string Name)
{
    /// <summary>The same object in any version of its API group.</summary>
    [JsonIgnore]
    public AddonObject Identity => this with { ApiVersion = ApiVersion.Contains('/') ? ApiVersion.Split('/')[0] : "" };

    /// <summary>What other people put into it would go with it, so it is never taken away.</summary>
    [JsonIgnore]
    public bool HoldsOthers => Kind is "Namespace" or "CustomResourceDefinition" or "PersistentVolumeClaim" or "PersistentVolume";

    /// <summary>Kubernetes deletes it by itself once it has done its work.</summary>
    [JsonIgnore]
    public bool Ends => Kind is "Job";

    public override string ToString() => Namespace is null ? $"{Kind} {Name}" : $"{Kind} {Namespace}/{Name}";
}
