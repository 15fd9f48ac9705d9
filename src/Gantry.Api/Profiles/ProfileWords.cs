namespace Gantry.Api;

/// <summary>What a profile holds.</summary>
public static class ProfileTypes
{
    /// <summary>The four base layers, and add-ons.</summary>
    public const string Cluster = "cluster";

    /// <summary>The four base layers only.</summary>
    public const string Infra = "infra";

    /// <summary>Add-ons only.</summary>
    public const string AddOn = "add-on";
}

/// <summary>Clouds that a profile is made for.</summary>
public static class ProfileCloudTypes
{
    /// <summary>The only cloud there is.</summary>
    public const string Maas = "maas";

    /// <summary>The value of a profile with add-ons only.</summary>
    public const string All = "all";
}

/// <summary>What a pack is made of.</summary>
public static class PackTypes
{
    /// <summary>A pack of the registry.</summary>
    public const string Spectro = "spectro";

    /// <summary>Manifests only.</summary>
    public const string Manifest = "manifest";
}

/// <summary>Layers of packs in a profile.</summary>
public static class PackLayers
{
    public const string Os = "os";
    public const string Kubernetes = "k8s";
    public const string Cni = "cni";
    public const string Csi = "csi";
    public const string AddOn = "addon";
}

/// <summary>Who shares a profile.</summary>
public static class ProfileScopes
{
    /// <summary>Every project of the tenant.</summary>
    public const string Tenant = "tenant";

    /// <summary>One project.</summary>
    public const string Project = "project";
}
