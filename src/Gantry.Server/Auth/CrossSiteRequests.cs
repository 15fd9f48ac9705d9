namespace Gantry.Server.Auth;

/// <summary>
/// Whether a browser sends a change on behalf of a page of another origin. Browsers send <c>Sec-Fetch-Site</c>
/// (https://www.w3.org/TR/fetch-metadata/); older ones send <c>Origin</c>. A request with neither does not come from a
/// browser.
/// </summary>
public static class CrossSiteRequests
{
    public static bool IsForeignChange(HttpRequest request)
    {
        if (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method) || HttpMethods.IsOptions(request.Method))
        {
            return false;
        }

        var site = request.Headers["Sec-Fetch-Site"].ToString();
        if (site.Length > 0)
        {
            return site is not ("same-origin" or "none");
        }

        // Only the host is compared: a proxy that ends TLS changes the scheme.
        var origin = request.Headers.Origin.ToString();
        return origin.Length > 0
            && !(
                Uri.TryCreate(origin, UriKind.Absolute, out var from)
                && string.Equals(from.Authority, Authority(request, from.Scheme), StringComparison.OrdinalIgnoreCase)
            );
    }

    // Without the default port, as Uri.Authority writes it.
    private static string Authority(HttpRequest request, string scheme) =>
        Uri.TryCreate($"{scheme}://{request.Host.Value}", UriKind.Absolute, out var own) ? own.Authority : "";
}
