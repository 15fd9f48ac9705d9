namespace Gantry.Maas;

/// <summary>How to reach a region.</summary>
public sealed record MaasClientOptions(MaasEndpoint Endpoint, MaasApiKey Key)
{
    /// <summary>Certificates to trust beside the system's, PEM.</summary>
    public string? CaPem { get; init; }

    /// <summary>HTTP proxy; <c>null</c> takes what the environment says, an empty text takes none.</summary>
    public string? Proxy { get; init; }

    /// <summary>
    /// Of one attempt. MAAS takes up to 90 s inside before it gives up on a database conflict, and asks BMCs for 60 s.
    /// </summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(180);

    /// <summary>Attempts of a read, the first one included. A write is attempted once.</summary>
    public int ReadAttempts { get; init; } = 4;
}
