namespace Gantry.Server.Profiles;

/// <summary>A manifest of a pack as it is kept.</summary>
public sealed record Manifest(string Uid, string Name, string Content);

/// <summary>A layer of a profile as it is kept. Values are what the client sent, byte for byte.</summary>
public sealed record ProfilePack(
    string Layer,
    string Name,
    string Version,
    string PackUid,
    string RegistryUid,
    string Type,
    string Values,
    IReadOnlyList<Manifest> Manifests
);

/// <summary>The content of a profile as it is kept: as draft, as published, and as the copy that a cluster holds.</summary>
public sealed record ProfileTemplate(string CloudType, string Type, IReadOnlyList<ProfilePack> Packs);
