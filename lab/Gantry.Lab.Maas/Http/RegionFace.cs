using Microsoft.AspNetCore.Http;

namespace Gantry.Lab.Maas.Http;

/// <summary>HTTP in front of a <see cref="LabRegion"/>, as MAAS's framework is in front of its handlers.</summary>
internal sealed class RegionFace(LabRegion region, TimeProvider time)
{
    private const string Api = "/MAAS/api/2.0/";
    private readonly OAuth _oauth = new(time);

    public async Task AnswerAsync(HttpContext context)
    {
        var answer = await HandleAsync(context.Request);
        var response = context.Response;
        response.StatusCode = answer.Status;
        response.Headers.Server = "TwistedWeb/24.11.0";
        response.Headers.Vary = "Authorization, Cookie";
        response.Headers["X-Frame-Options"] = "DENY";
        response.Headers["X-Maas-Api-Hash"] = "9720c37941393bb4dec7b5516a45b3d3245b3d5c";
        if (answer.Allow is not null)
        {
            response.Headers.Allow = answer.Allow;
        }

        if (answer.RetryAfter is { } seconds)
        {
            response.Headers.RetryAfter = seconds.ToString();
        }

        if (answer.Challenge)
        {
            response.Headers.WWWAuthenticate = "OAuth realm=\"OAuth\"";
        }

        if (answer.ContentType is not null)
        {
            response.ContentType = answer.ContentType;
        }

        if (answer.Status != 204 && context.Request.Method != "HEAD")
        {
            response.ContentLength = answer.Body.Length;
            await response.Body.WriteAsync(answer.Body, context.RequestAborted);
        }
    }

    private async Task<RegionAnswer> HandleAsync(HttpRequest request)
    {
        // MAAS treats a double slash as a single one.
        var path = (request.Path.Value ?? "").Replace("//", "/", StringComparison.Ordinal);
        if (path.StartsWith("/MAAS/api/1.0/", StringComparison.Ordinal))
        {
            return RegionAnswer.Text(410, "The 1.0 API is no longer available. Please use API version 2.0.");
        }

        if (path is "/MAAS/api/version/")
        {
            return RegionAnswer.Text(200, "2.0");
        }

        if (!path.StartsWith(Api, StringComparison.Ordinal))
        {
            return path.StartsWith("/MAAS/", StringComparison.Ordinal)
                ? RegionAnswer.Html(302, "")
                : RegionAnswer.Text(404, "Not Found");
        }

        using var buffer = new MemoryStream();
        await request.Body.CopyToAsync(buffer, request.HttpContext.RequestAborted);
        try
        {
            return Handle(request, path[Api.Length..], buffer.ToArray());
        }
        catch (RegionFault fault)
        {
            return fault.Answer;
        }
    }

    private RegionAnswer Handle(HttpRequest request, string path, byte[] body)
    {
        var query = RequestBody.UrlEncoded(request.QueryString.Value is { Length: > 1 } text ? text[1..] : "");
        var known = path.Length > 0 && path.EndsWith('/') || path.Contains("/op-", StringComparison.Ordinal);
        if (!known)
        {
            return RegionAnswer.Text(404, $"Unknown API endpoint: {Api}{path}.");
        }

        if (query["format"] is { Length: > 0 } format && format != "json")
        {
            return RegionAnswer.Text(400, $"Invalid output format specified '{format}'.");
        }

        if (request.Method is "HEAD" or "OPTIONS" or "PATCH")
        {
            return RegionAnswer.Html(405, "") with { Allow = "GET, POST, PUT, DELETE" };
        }

        var (form, content) = RequestBody.Read(request.ContentType, body);
        string? operation = null;
        if (path.LastIndexOf("/op-", StringComparison.Ordinal) is >= 0 and var at)
        {
            operation = path[(at + "/op-".Length)..];
            path = path[..(at + 1)];
        }

        operation = query["op"] ?? form["op"] ?? operation;
        var url = new Uri($"{request.Scheme}://{request.Host}{request.Path}");
        var user = region.Exclusively(state =>
            path == "version/"
                ? null
                : _oauth.Authenticate(state, request.Headers.Authorization, request.Method, url, query, form)
        );
        return region.Handle(
            new RegionRequest
            {
                Method = request.Method,
                Path = path,
                Operation = operation is "" ? null : operation,
                Query = query.Without("op").Without("format"),
                Form = form.Without("op"),
                Content = content,
                User = user,
            }
        );
    }
}
