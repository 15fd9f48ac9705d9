using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Gantry.Maas;

/// <summary>The address of a MAAS region. Two forms of one address are equal.</summary>
[JsonConverter(typeof(MaasEndpointConverter))]
public sealed record MaasEndpoint
{
    private const string Form = "write it as http://maas.example:5240/MAAS";

    private MaasEndpoint(Uri url) => Url = url;

    /// <summary>The base with a trailing slash: <c>http://maas.example:5240/MAAS/</c>.</summary>
    public Uri Url { get; }

    /// <summary>
    /// Understands <c>maas.example</c>, <c>http://maas:5240</c>, <c>http://maas:5240/MAAS</c>, with a trailing slash, with
    /// <c>/api/2.0/</c> behind it, and what a browser shows of MAAS (<c>…/MAAS/r/machines?…</c>). A single word without a scheme is
    /// refused: it is as likely a name as an address.
    /// </summary>
    /// <exception cref="FormatException">
    /// The text is no address of a region. The message shows one and does not repeat the text, which can hold a password.
    /// </exception>
    public static MaasEndpoint Parse(string text) =>
        ProblemOf(text, out var endpoint) is { } problem ? throw new FormatException(problem) : endpoint!;

    /// <summary>As <see cref="Parse"/>, for a caller that collects problems.</summary>
    /// <param name="text">What was entered; spaces around it are ignored.</param>
    /// <param name="endpoint">The address, when there is no problem.</param>
    /// <param name="problem">What is wrong and the form an address has; nothing of the text.</param>
    public static bool TryParse(
        string? text,
        [NotNullWhen(true)] out MaasEndpoint? endpoint,
        [NotNullWhen(false)] out string? problem
    )
    {
        problem = ProblemOf(text, out endpoint);
        return problem is null;
    }

    /// <summary>The base without a trailing slash: <c>http://maas.example:5240/MAAS</c>.</summary>
    public override string ToString() => Url.AbsoluteUri.TrimEnd('/');

    private static string? ProblemOf(string? text, out MaasEndpoint? endpoint)
    {
        endpoint = null;
        var trimmed = (text ?? "").Trim();
        var hasScheme = trimmed.Contains("://", StringComparison.Ordinal);
        if (!hasScheme && trimmed.AsSpan().IndexOfAny('.', ':') < 0)
        {
            return $"This is not the address of a MAAS region: {Form}.";
        }

        if (
            !Uri.TryCreate(hasScheme ? trimmed : "http://" + trimmed, UriKind.Absolute, out var url)
            || url.Scheme is not ("http" or "https")
            || url.Host.Length == 0
        )
        {
            return $"This is not the address of a MAAS region: {Form}.";
        }

        var path = url.AbsolutePath.TrimEnd('/');
        var isPage = path is "/MAAS" && url.Fragment.StartsWith("#/", StringComparison.Ordinal);
        var page = isPage ? path.Length : PageOf(path + "/");
        if (url.UserInfo.Length > 0 || (page < 0 && (url.Query.Length > 0 || url.Fragment.Length > 0)))
        {
            return $"The address of a MAAS region has no user, query or fragment: {Form}.";
        }

        if (page >= 0)
        {
            path = path[..page];
        }

        var api = path.IndexOf("/api/", StringComparison.Ordinal);
        if (api >= 0)
        {
            path = path[..api];
        }

        endpoint = new MaasEndpoint(new Uri(url, (path.Length == 0 ? "/MAAS" : path) + "/"));
        return null;
    }

    // The pages of MAAS lie under /MAAS/r/; of old versions under /MAAS/l/, or behind a fragment.
    private static int PageOf(string path) =>
        new[] { "/MAAS/r/", "/MAAS/l/" }
            .Select(pages => path.IndexOf(pages, StringComparison.Ordinal))
            .Where(at => at >= 0)
            .Select(at => at + "/MAAS".Length)
            .DefaultIfEmpty(-1)
            .First();
}

/// <summary>An address in a file or a message is a text in any form that <see cref="MaasEndpoint.Parse"/> understands.</summary>
public sealed class MaasEndpointConverter : JsonConverter<MaasEndpoint>
{
    /// <inheritdoc/>
    /// <exception cref="JsonException">The text is no address of a region.</exception>
    public override MaasEndpoint Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        var text = reader.TokenType is JsonTokenType.String ? reader.GetString() : null;
        return MaasEndpoint.TryParse(text, out var endpoint, out var problem) ? endpoint : throw new JsonException(problem);
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, MaasEndpoint value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToString());
}
