using Gantry.Lab.Maas.Metadata;
using Gantry.Lab.Maas.Routing;
using Gantry.Lab.Maas.Users;
using Microsoft.AspNetCore.Http;

namespace Gantry.Lab.Maas.Http;

/// <summary>HTTP in front of a <see cref="LabRegion"/>, as MAAS's framework is in front of its handlers.</summary>
internal sealed class RegionFace(LabRegion region, TimeProvider time, TimeSpan listPerMachine)
{
    private const string Api = "/MAAS/api/2.0/";
    private readonly OAuth _oauth = new(time);

    public async Task AnswerAsync(HttpContext context)
    {
        var answer = await HandleAsync(context.Request);
        if (listPerMachine > TimeSpan.Zero && IsListOfMachines(context.Request))
        {
            var asked = context.Request.Query["id"].Count;
            var machines = asked > 0 ? asked : region.Exclusively(state => state.Machines.All.Count());
            await Task.Delay(listPerMachine * machines, time, context.RequestAborted);
        }

        var response = context.Response;
        response.StatusCode = answer.Status;
        response.Headers.Server = "TwistedWeb/24.11.0";
        response.Headers["X-Frame-Options"] = "DENY";
        if (answer.Vary is not null)
        {
            response.Headers.Vary = answer.Vary;
        }

        if (answer.Vary?.StartsWith("Authorization", StringComparison.Ordinal) is true)
        {
            response.Headers["X-Maas-Api-Hash"] = Description.Hash;
        }

        if (answer.Allow is not null)
        {
            response.Headers.Allow = answer.Allow;
        }

        if (answer.Location is not null)
        {
            response.Headers.Location = answer.Location;
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

    private static bool IsListOfMachines(HttpRequest request) =>
        request.Method == "GET" && request.Path == $"{Api}machines/" && request.Query.Keys.All(parameter => parameter is "id");

    private async Task<RegionAnswer> HandleAsync(HttpRequest request)
    {
        // MAAS treats a double slash as a single one, and an escaped one as any other.
        var path = (request.Path.Value ?? "")
            .Replace("%2F", "/", StringComparison.OrdinalIgnoreCase)
            .Replace("//", "/", StringComparison.Ordinal);
        if (path.StartsWith("/MAAS/api/1.0/", StringComparison.Ordinal))
        {
            return RegionAnswer.Plain(410, "The 1.0 API is no longer available. Please use API version 2.0.") with
            {
                Vary = null,
            };
        }

        if (path is "/MAAS/api/version/")
        {
            return RegionAnswer.Plain(200, "2.0") with { Vary = null };
        }

        using var buffer = new MemoryStream();
        await request.Body.CopyToAsync(buffer, request.HttpContext.RequestAborted);
        try
        {
            return path.StartsWith(Api, StringComparison.Ordinal) ? Handle(request, path[Api.Length..], buffer.ToArray())
                : path.StartsWith(MetadataResource.Root, StringComparison.Ordinal)
                    ? HandleMetadata(request, path[MetadataResource.Root.Length..], buffer.ToArray())
                : path is Login.Path
                    ? region.Exclusively(state =>
                        new Login(state).Answer(request.Method, RequestBody.Read(request.ContentType, buffer.ToArray()).Form)
                    )
                : path.StartsWith("/MAAS/", StringComparison.Ordinal) ? ToLogin(path)
                : RegionAnswer.Refused(404, "Not Found");
        }
        catch (RegionFault fault)
        {
            return fault.Answer;
        }
    }

    /// <summary>MAAS sends a browser that asks for anything else to its login.</summary>
    private static RegionAnswer ToLogin(string path) =>
        RegionAnswer.Html(302, "") with
        {
            Vary = "Cookie",
            Location = $"/MAAS/?next={Uri.EscapeDataString(path)}",
        };

    private RegionAnswer Handle(HttpRequest request, string path, byte[] body)
    {
        var query = RequestBody.UrlEncoded(request.QueryString.Value is { Length: > 1 } text ? text[1..] : "");
        string? suffix = null;
        if (path.LastIndexOf("/op-", StringComparison.Ordinal) is >= 0 and var at)
        {
            suffix = path[(at + "/op-".Length)..];
            path = path[..(at + 1)];
        }

        var route = region.Routes.Find(path);
        var (user, form, request_) = Read(request, query, body, route.Resource.IgnoresKey);
        var operation = query["op"] ?? form["op"] ?? suffix;
        var answer = region.Handle(request_ with { Path = path, Operation = operation is "" ? null : operation, User = user });
        return query["format"] is { Length: > 0 } format && format != "json" && answer.Status == 200
            ? RegionAnswer.Plain(400, $"Invalid output format specified '{format}'.")
            : answer;
    }

    /// <summary>What a machine tells and asks with credentials of its own.</summary>
    private RegionAnswer HandleMetadata(HttpRequest request, string path, byte[] body)
    {
        var query = RequestBody.UrlEncoded(request.QueryString.Value is { Length: > 1 } text ? text[1..] : "");
        var (user, form, read) = Read(request, query, body, ignoresKey: false);
        return region.HandleMetadata(read with { Path = path, Operation = query["op"] ?? form["op"], User = user });
    }

    private (Rows.UserRow? User, Parameters Form, RegionRequest Request) Read(
        HttpRequest request,
        Parameters query,
        byte[] body,
        bool ignoresKey
    )
    {
        var read = RequestBody.Read(request.ContentType, body);
        var url = new Uri($"{request.Scheme}://{request.Host}{request.Path}");
        var user = ignoresKey
            ? null
            : region.Exclusively(state =>
                _oauth.Authenticate(state, request.Headers.Authorization, request.Method, url, query, read.Form)
            );
        return (
            user,
            read.Form,
            new RegionRequest
            {
                Method = request.Method,
                Path = "",
                Query = query.Without("op").Without("format"),
                Form = read.Form.Without("op"),
                Content = read.Content,
                IsJson = read.IsJson,
                IsUnread = read.IsUnread,
                Origin = $"{request.Scheme}://{request.Host}",
            }
        );
    }
}
