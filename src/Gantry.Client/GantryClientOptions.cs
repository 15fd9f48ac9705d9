namespace Gantry.Client;

/// <summary>Which console to call, and with which credentials.</summary>
/// <param name="Url">Base URL of the console, for example <c>https://console.example:8443</c>.</param>
/// <param name="ApiKey">An API key; a secret.</param>
public sealed record GantryClientOptions(Uri Url, string ApiKey)
{
    /// <summary>PEM file with the certificates to trust instead of the system's; <c>null</c> trusts the system's.</summary>
    public string? CaFile { get; init; }

    /// <summary>Time until an unanswered request fails.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Puts handlers of the caller around the one that sends the requests, for example to count or to log them.</summary>
    public Func<HttpMessageHandler, HttpMessageHandler> Around { get; init; } = handler => handler;

    /// <summary>
    /// Applied to every text of an answer, for example to take out what would move the cursor of a terminal; <c>null</c> leaves
    /// texts as they are.
    /// </summary>
    public Func<string, string>? Texts { get; init; }

    /// <summary>Told each warning of the console: the request was carried out, and something about it needs attention.</summary>
    public Action<string>? Warned { get; init; }

    public override string ToString() => Url.AbsoluteUri;
}
