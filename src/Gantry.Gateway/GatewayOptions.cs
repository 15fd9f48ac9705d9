namespace Gantry.Gateway;

/// <summary>The start options of a gateway.</summary>
public sealed record GatewayOptions
{
    /// <summary>
    /// Holds the gateway's keys, its ledger and the desired state; created when absent, readable by its owner only.
    /// </summary>
    public required string DataFolder { get; init; }

    /// <summary>The console's base URL, <c>https://…</c>. May be left out once the gateway is paired.</summary>
    public Uri? ConsoleUrl { get; init; }

    /// <summary>A code from the console; used on the first start and ignored once the gateway is paired.</summary>
    public string? PairingCode { get; init; }

    /// <summary>The gateway's name in the console; empty takes the name of the pairing code.</summary>
    public string Name { get; init; } = "";

    /// <summary>PEM of the CA that signed the console's certificate, trusted beside the system's.</summary>
    public string? CaFile { get; init; }

    /// <summary>
    /// HTTP(S) proxy to the console; <c>null</c> takes the proxy of the environment, an empty text takes none.
    /// </summary>
    public string? Proxy { get; init; }

    /// <summary>
    /// How long the console may hold a poll: 1 to 60 seconds. Shorten it for a proxy that cuts quiet connections.
    /// </summary>
    public TimeSpan PollWait { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Seeds the jitter of the gateway's delays; <c>null</c> takes the gateway's uid.</summary>
    public int? Seed { get; init; }

    /// <exception cref="GatewayException">Lists every problem, each with its setting.</exception>
    public void Validate()
    {
        List<string> problems = [];
        if (string.IsNullOrWhiteSpace(DataFolder))
        {
            problems.Add("DataFolder is empty; name a folder that the gateway may write to.");
        }

        if (ConsoleUrl is { } url && (!url.IsAbsoluteUri || url.Scheme != Uri.UriSchemeHttps))
        {
            problems.Add($"ConsoleUrl '{url}' is not an https address; write it as https://console.example:8443.");
        }

        if (CaFile is { } ca && !File.Exists(ca))
        {
            problems.Add($"CaFile '{ca}' does not exist; name the PEM file of the CA that signed the console's certificate.");
        }

        if (
            !string.IsNullOrEmpty(Proxy)
            && !(Uri.TryCreate(Proxy, UriKind.Absolute, out var proxy) && proxy.Scheme is "http" or "https")
        )
        {
            problems.Add("Proxy is not an http address; write it as http://proxy.example:3128.");
        }

        if (PollWait < TimeSpan.FromSeconds(1) || PollWait > TimeSpan.FromSeconds(60))
        {
            problems.Add($"PollWait is {PollWait.TotalSeconds:0.#} s; write 1 to 60 seconds.");
        }

        if (problems.Count > 0)
        {
            throw new GatewayException(string.Join(Environment.NewLine, problems));
        }
    }
}

/// <summary>Why a gateway does not start, as a message for its operator.</summary>
public sealed class GatewayException(string message, Exception? inner = null) : Exception(message, inner);
