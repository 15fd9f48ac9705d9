namespace Gantry.Api;

/// <param name="ApiKey">Accepted in requests, never returned.</param>
/// <param name="CaCert">
/// PEM of the CA that signed the region's HTTPS certificate, trusted beside the system's. In an update, <c>null</c> keeps the
/// known one and an empty text removes it; a change needs the key again, because the key is sealed with it.
/// </param>
public sealed record MaasCloudAccount(
    string? ApiEndpoint,
    string? ApiKey,
    IReadOnlyList<string>? PreferredSubnets,
    string? CaCert = null
)
{
    public override string ToString() => $"MAAS account at {ApiEndpoint}";
}

public sealed record MaasAccountEntity(ObjectMeta? Metadata, MaasCloudAccount? Spec);

public sealed record MaasAccountValidation(MaasCloudAccount? Account);

public sealed record AccountStatus([property: OneOf(typeof(CloudAccountStates))] string State);

public sealed record MaasAccountView(
    string ApiVersion,
    string Kind,
    ObjectMeta Metadata,
    MaasCloudAccount Spec,
    AccountStatus Status
);

public sealed record AccountSummarySpec(string AccountId);

public sealed record AccountSummary(string Kind, ObjectMeta Metadata, AccountSummarySpec SpecSummary, AccountStatus Status);

public sealed record AccountMetadata(string Kind, ObjectMeta Metadata);

public sealed record Described(string Name, string Description);

public sealed record MaasDomain(string Name);

public sealed record MaasVlan(string Fabric, int Id, string Name);

public sealed record MaasSubnet(int Id, string Name, string Space, MaasVlan Vlans, string Cidr);

public sealed record MaasTag(string Name, string Comment, string Definition, string KernelOpts, string ResourceUri);

/// <summary>Whether a cloud account can be used.</summary>
public static class CloudAccountStates
{
    /// <summary>No cluster of the account reports a rejected key.</summary>
    public const string Running = "Running";

    /// <summary>A cluster of the account reports that MAAS rejects the key.</summary>
    public const string CredentialsRejected = "CredentialsRejected";
}
