namespace Gantry.Api;

public sealed record ApiKeySpecEntity(DateTimeOffset? Expiry, string? UserUid);

public sealed record ApiKeyEntity(ObjectMeta? Metadata, ApiKeySpecEntity? Spec);

public sealed record ApiKeySpecUpdate(DateTimeOffset? Expiry);

public sealed record ApiKeyUpdate(ObjectMeta? Metadata, ApiKeySpecUpdate? Spec);

/// <param name="IsActive">Clients in Go leave out false.</param>
public sealed record ApiKeyActiveState(bool? IsActive);

/// <param name="ApiKey">The value of the key; no other answer contains it.</param>
public sealed record ApiKeyCreateResponse(string ApiKey, string Uid)
{
    public override string ToString() => $"API key {Uid}";
}

public sealed record ApiKeyUser(string FirstName, string LastName, string Uid);

/// <param name="Key">The beginning of the hash of the key. It tells keys apart and grants no access.</param>
public sealed record ApiKeySpec(DateTimeOffset? Expiry, string Key, ApiKeyUser User);

public sealed record ApiKeyStatus(bool IsActive);

public sealed record ApiKeyView(ObjectMeta Metadata, ApiKeySpec Spec, ApiKeyStatus Status);
