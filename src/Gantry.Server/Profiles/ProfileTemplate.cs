namespace Gantry.Server.Profiles;

/// <summary>A stored manifest of a pack.</summary>
public sealed record Manifest(string Uid, string Name, string Content);

/// <summary>A stored layer of a profile. Values are the client's text, byte for byte.</summary>
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

/// <summary>The stored content of a profile: the draft, the published version, and a cluster's copy.</summary>
public sealed record ProfileTemplate(string CloudType, string Type, IReadOnlyList<ProfilePack> Packs);
