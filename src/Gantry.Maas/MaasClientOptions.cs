namespace Gantry.Maas;

/// <summary>How to reach a region.</summary>
public sealed record MaasClientOptions(MaasEndpoint Endpoint, MaasApiKey Key)
{
    /// <summary>PEM certificates to trust in addition to the system's.</summary>
    public string? CaPem { get; init; }

    /// <summary>HTTP proxy. <c>null</c> uses the proxy of the environment; an empty string uses none.</summary>
    public string? Proxy { get; init; }

    /// <summary>Limit of one attempt. MAAS retries a database conflict for up to 90 s and waits up to 60 s for a BMC.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(180);

    /// <summary>Attempts of a read, including the first. A write is sent once.</summary>
    public int ReadAttempts { get; init; } = 4;
}
