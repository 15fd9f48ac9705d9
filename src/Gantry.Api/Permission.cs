namespace Gantry.Api;

/// <summary>What a caller needs for an operation: a permission key, any credentials, or nothing.</summary>
/// <remarks>Keys are <c>resource.operation</c>, those of Palette where it has one for the purpose.</remarks>
public sealed record Permission
{
    private Permission(string? key, bool allowsAnonymous) => (Key, AllowsAnonymous) = (key, allowsAnonymous);

    /// <summary>No credentials are needed.</summary>
    public static Permission Anonymous { get; } = new(null, allowsAnonymous: true);

    /// <summary>Every caller with valid credentials may call it; it concerns only the caller.</summary>
    public static Permission SignedIn { get; } = new(null, allowsAnonymous: false);

    /// <summary>For example <c>cluster.create</c>; null when no key is required.</summary>
    public string? Key { get; }

    public bool AllowsAnonymous { get; }

    public static Permission Of(string key) => new(key, allowsAnonymous: false);

    public override string ToString() => Key ?? (AllowsAnonymous ? "anonymous" : "signed in");
}
