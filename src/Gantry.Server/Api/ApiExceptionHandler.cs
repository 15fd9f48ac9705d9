using System.Data.Common;
using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;

namespace Gantry.Server.Api;

/// <summary>
/// Turns every failure of a request into the one error format, with a status that tells a client error from a server error.
/// </summary>
public sealed partial class ApiExceptionHandler(RequestDelegate next, ILogger<ApiExceptionHandler> log)
{
    public async Task InvokeAsync(HttpContext context)
    {
        try
        {
            await next(context);
            if (IsBareFailure(context))
            {
                await WriteAsync(context, Describe(context));
            }
        }
        catch (Exception cut) when (IsHangUp(context, cut))
        {
            CallerHungUp(context.Request.Method, RequestLog.RouteOf(context));
        }
        catch (Exception failure) when (!context.Response.HasStarted)
        {
            await WriteAsync(context, Translate(failure, context.GetEndpoint()?.Metadata.GetMetadata<Operation>()?.Request));
        }
    }

    // A broken connection shows as whatever was waiting for it: the reading of the body, or a query of the store.
    private static bool IsHangUp(HttpContext context, Exception failure) =>
        failure is ConnectionResetException or ConnectionAbortedException
        || (failure is OperationCanceledException or IOException && context.RequestAborted.IsCancellationRequested);

    private static bool IsBareFailure(HttpContext context) =>
        context.Response.StatusCode >= 400
        && !context.Response.HasStarted
        && context.Response.ContentLength is null
        && string.IsNullOrEmpty(context.Response.ContentType);

    private static ApiException Describe(HttpContext context)
    {
        var status = context.Response.StatusCode;
        if (status is 404 or 405 && UnavailableRoutes.Refused(context.Request) is { } refused)
        {
            return refused;
        }

        var path = ApiError.Shown(context.Request.Path.Value ?? "/");
        return status switch
        {
            404 => ApiError.UnknownRoute(path),
            405 => new ApiException(
                status,
                "MethodNotAllowed",
                $"{context.Request.Method} is not allowed at {path}; allowed: {context.Response.Headers.Allow}."
            ),
            413 => TooLarge(),
            415 => UnsupportedMediaType(),
            _ => new ApiException(status, "RequestRefused", $"The request was refused with status {status}."),
        };
    }

    private static ApiException Translate(Exception failure, Type? request) =>
        failure switch
        {
            ApiException known => known,
            BadHttpRequestException bad => Translate(bad, request),
            DbUpdateConcurrencyException => ApiError.Conflict(
                "The object was changed by somebody else meanwhile; read it again and repeat."
            ),
            DbUpdateException { InnerException: DbException inner } when IsUniqueViolation(inner) => ApiError.Conflict(
                "An object with the same name was made meanwhile; choose another name."
            ),
            _ => new ApiException(
                StatusCodes.Status500InternalServerError,
                "InternalError",
                "The console failed; its log has the reason under the ref."
            )
            {
                Data = { ["cause"] = failure },
            },
        };

    private static ApiException Translate(BadHttpRequestException bad, Type? request) =>
        bad.StatusCode switch
        {
            413 => TooLarge(),
            415 => UnsupportedMediaType(),
            _ when bad.InnerException is JsonException json => InvalidJson(json, request),
            _ when Wording.OfBinding(bad.Message) is { } worded => worded,
            _ => new ApiException(bad.StatusCode is >= 400 and < 500 ? bad.StatusCode : 400, "InvalidRequest", bad.Message),
        };

    private static ApiException TooLarge() =>
        new(413, "RequestTooLarge", $"The body is larger than this console takes ({Limits.RequestBody / 1024 / 1024} MiB).");

    private static ApiException UnsupportedMediaType() =>
        new(415, "UnsupportedMediaType", "Send the body with Content-Type: application/json.");

    private static ApiException InvalidJson(JsonException json, Type? request)
    {
        var field = json.Path is { Length: > 2 } path ? path[2..] : "body";
        var line = json.LineNumber is { } number ? $" (line {number + 1})" : "";
        var problem =
            $"This is not the JSON expected here{line}: "
            + $"{Wording.OfJson(FirstSentence(json.Message), request is null ? null : JsonPlace.Expected(request, json.Path))}";
        return new ApiException(
            StatusCodes.Status400BadRequest,
            "InvalidRequestBody",
            $"{field}: {problem}",
            [new FieldError(field, problem)]
        );
    }

    private static string FirstSentence(string message)
    {
        var end = message.IndexOf(" Path: ", StringComparison.Ordinal);
        return end < 0 ? message : message[..end];
    }

    // The code of unique_violation is 23505 in the SQL standard's classes; SQLite reports 19, constraint, instead.
    private static bool IsUniqueViolation(DbException failure) =>
        failure.SqlState is "23505" || failure is SqliteException { SqliteErrorCode: 19 };

    private async Task WriteAsync(HttpContext context, ApiException error)
    {
        var reference = Uids.Short();
        if (error.Status >= 500)
        {
            RequestFailed(
                context.Request.Method,
                RequestLog.RouteOf(context),
                reference,
                (Exception?)error.Data["cause"] ?? error
            );
        }

        var allow = context.Response.Headers.Allow;
        context.Response.Clear();
        context.Response.StatusCode = error.Status;
        if (error.Status is 405)
        {
            context.Response.Headers.Allow = allow;
        }

        if (error.RetryAfter is { } pause)
        {
            context.Response.Headers.RetryAfter = Math.Max(1, Math.Ceiling(pause.TotalSeconds))
                .ToString(CultureInfo.InvariantCulture);
        }

        if (context.Features.Get<IHttpBodyControlFeature>() is not null && HttpMethods.IsHead(context.Request.Method))
        {
            return;
        }

        var body = new ErrorBody(error.Code, error.Message, new ErrorDetails(error.Details), reference);
        await context.Response.WriteAsJsonAsync(body, ApiJson.Options, context.RequestAborted);
    }

    [LoggerMessage(3023, LogLevel.Debug, "{Method} {Route}: the caller hung up")]
    private partial void CallerHungUp(string method, string route);

    [LoggerMessage(3021, LogLevel.Error, "{Method} {Route} failed, ref {Reference}")]
    private partial void RequestFailed(string method, string route, string reference, Exception cause);
}
