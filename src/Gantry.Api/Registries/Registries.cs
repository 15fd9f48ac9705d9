namespace Gantry.Api;

public sealed record RegistryMetadata(string Uid, string Name, string Kind, string Scope, bool IsDefault, bool IsPrivate);

public sealed record RegistryAuth(string Type);

public sealed record PackRegistrySpec(
    string Name,
    string Endpoint,
    string RegistryUid,
    string Scope,
    bool Private,
    RegistryAuth Auth
);

public sealed record RegistrySyncStatus(bool IsSyncSupported, string Status, string Message);

public sealed record PackRegistryStatus(RegistrySyncStatus PackSyncStatus);

public sealed record PackRegistryView(
    string ApiVersion,
    string Kind,
    ObjectMeta Metadata,
    PackRegistrySpec Spec,
    PackRegistryStatus Status
);
