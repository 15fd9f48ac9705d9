namespace Gantry.Server.Api;

/// <summary>Ends a request with a status and an <see cref="ErrorBody"/>.</summary>
public sealed class ApiException(int status, string code, string message, IReadOnlyList<FieldError>? details = null)
    : Exception(message)
{
    public int Status { get; } = status;

    public string Code { get; } = code;

    public IReadOnlyList<FieldError> Details { get; } = details ?? [];

    /// <summary>The value of the header <c>Retry-After</c>.</summary>
    public TimeSpan? RetryAfter { get; init; }
}

/// <summary>The errors of this API. Where clients of the public API branch on a code, it is theirs.</summary>
public static class ApiError
{
    public static ApiException NotFound(string noun, string uid) =>
        new(StatusCodes.Status404NotFound, "ResourceNotFound", $"There is no {noun} '{Shown(uid)}' in this scope.");

    /// <summary>Another code than that of an object that is not there: clients take that one for an empty answer.</summary>
    public static ApiException UnknownRoute(string path) =>
        new(
            StatusCodes.Status404NotFound,
            "RouteNotFound",
            $"This console has no operation at {path}; /v1/openapi.json lists what there is."
        );

    public static ApiException Gone(string message) => new(StatusCodes.Status404NotFound, "ResourceNotFound", message);

    public static ApiException Invalid(string field, string message) => Invalid([new FieldError(field, message)]);

    public static ApiException Invalid(IReadOnlyList<FieldError> problems) =>
        new(
            StatusCodes.Status400BadRequest,
            "ValidationFailed",
            string.Join(" ", problems.Select(p => $"{p.Field}: {p.Message}")),
            problems
        );

    public static ApiException Duplicate(string noun, string name) =>
        new(StatusCodes.Status409Conflict, "DuplicateResource", $"A {noun} named '{name}' exists already; choose another name.");

    public static ApiException InUse(string message) => new(StatusCodes.Status409Conflict, "ResourceInUse", message);

    public static ApiException Conflict(string message) => new(StatusCodes.Status409Conflict, "ResourceConflict", message);

    public static ApiException Unauthorized(string message) =>
        new(StatusCodes.Status401Unauthorized, "InvalidCredentials", message);

    public static ApiException Forbidden(string message) => new(StatusCodes.Status403Forbidden, "ResourceAccessDenied", message);

    /// <param name="pause">The time after which the same request is accepted again.</param>
    public static ApiException TooManyRequests(TimeSpan pause) =>
        new(
            StatusCodes.Status429TooManyRequests,
            "TooManyRequests",
            "Too many requests come from this address; send fewer per second."
        )
        {
            RetryAfter = pause,
        };

    /// <summary>
    /// Status 424 and not 503: clients of this API repeat a request above 500 for minutes, and a command would seem to hang
    /// while a gateway is away.
    /// </summary>
    public static ApiException GatewayAway(string message) =>
        new(StatusCodes.Status424FailedDependency, "GatewayOffline", message);

    /// <summary>Quoted input is cut, so that a response stays short for any input.</summary>
    public static string Shown(string value) => value.Length <= 80 ? value : string.Concat(value.AsSpan(0, 77), "...");
}
