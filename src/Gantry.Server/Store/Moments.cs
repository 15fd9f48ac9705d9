namespace Gantry.Server.Store;

/// <summary>Times as the store keeps them.</summary>
public static class Moments
{
    /// <summary>What is compared with a stored time later has to be as coarse as the store.</summary>
    public static DateTimeOffset NowInMilliseconds(this TimeProvider time) =>
        DateTimeOffset.FromUnixTimeMilliseconds(time.GetUtcNow().ToUnixTimeMilliseconds());
}
