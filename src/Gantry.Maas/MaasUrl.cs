namespace Gantry.Maas;

/// <summary>Where a MAAS region is, from any form that people write.</summary>
public static class MaasUrl
{
    /// <summary>
    /// Understands <c>maas.example</c>, <c>http://maas:5240</c>, <c>http://maas:5240/MAAS</c>, with a trailing slash, and with
    /// <c>/api/2.0/</c> behind it.
    /// </summary>
    /// <returns>The base with a trailing slash: <c>http://maas:5240/MAAS/</c>.</returns>
    /// <exception cref="FormatException">It is no HTTP address; the message shows one.</exception>
    public static Uri Normalise(string text)
    {
        var trimmed = text.Trim();
        var withScheme = trimmed.Contains("://", StringComparison.Ordinal) ? trimmed : "http://" + trimmed;
        if (!Uri.TryCreate(withScheme, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https") || url.Host.Length == 0)
        {
            throw new FormatException($"'{text}' is not the address of a MAAS region: write it as http://maas.example:5240/MAAS.");
        }

        if (url.UserInfo.Length > 0 || url.Query.Length > 0 || url.Fragment.Length > 0)
        {
            throw new FormatException(
                "The address of a MAAS region has no user, query or fragment: write it as http://maas.example:5240/MAAS.");
        }

        var path = url.AbsolutePath.TrimEnd('/');
        var api = path.IndexOf("/api/", StringComparison.Ordinal);
        if (api >= 0)
        {
            path = path[..api];
        }

        return new Uri(url, (path.Length == 0 ? "/MAAS" : path) + "/");
    }
}
