namespace Gantry.Server.Store;

/// <summary>Times in the store's precision.</summary>
public static class Moments
{
    /// <summary>A time that is later compared with a stored one must have the store's precision.</summary>
    public static DateTimeOffset NowInMilliseconds(this TimeProvider time) =>
        DateTimeOffset.FromUnixTimeMilliseconds(time.GetUtcNow().ToUnixTimeMilliseconds());
}
