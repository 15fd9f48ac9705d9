namespace Gantry.Maas;

/// <summary>What MAAS answered instead of doing what was asked. Its cases are what a caller can decide by.</summary>
/// <param name="status">HTTP status; <c>null</c> when there was no answer.</param>
public abstract class MaasException(string message, int? status, Exception? inner = null) : Exception(message, inner)
{
    public int? Status { get; } = status;
}

/// <summary>MAAS does not accept the key. MAAS's own text is withheld: it can hold the right secret.</summary>
public sealed class MaasCredentialsRejectedException(int status)
    : MaasException("MAAS does not accept the API key: check that it was copied whole and is still listed for its user.", status);

/// <summary>The key's user may not do this; MAAS says so too of a machine that is locked.</summary>
public sealed class MaasForbiddenException(string message, int status) : MaasException(message, status);

public sealed class MaasNotFoundException(string message, int status) : MaasException(message, status);

/// <summary>A value was refused.</summary>
/// <param name="fields">Messages by field; <c>__all__</c> for what concerns several; empty when MAAS named no field.</param>
public sealed class MaasInvalidException(string message, int status, IReadOnlyDictionary<string, IReadOnlyList<string>> fields)
    : MaasException(message, status)
{
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Fields { get; } = fields;
}

/// <summary>The state of the object forbids it, or what was wanted is taken.</summary>
public sealed class MaasConflictException(string message, int status) : MaasException(message, status);

/// <summary>MAAS gave up on a conflict inside its database: nothing was done, the same call may be sent again.</summary>
public sealed class MaasBusyException(string message, int status, TimeSpan? retryAfter) : MaasException(message, status)
{
    public TimeSpan? RetryAfter { get; } = retryAfter;
}

/// <summary>This version of MAAS no longer has the call.</summary>
public sealed class MaasGoneException(string message, int status) : MaasException(message, status);

/// <summary>MAAS answers that it cannot do it now (no rack, no address left, BMC silent), or is not reached at all.</summary>
public sealed class MaasUnavailableException(string message, int? status, TimeSpan? retryAfter, Exception? inner = null)
    : MaasException(message, status, inner)
{
    public TimeSpan? RetryAfter { get; } = retryAfter;
}

/// <summary>The answer to a write was lost: whether MAAS acted is not known and has to be looked up.</summary>
public sealed class MaasOutcomeUnknownException(string message, int? status, Exception? inner = null)
    : MaasException(message, status, inner);

/// <summary>An answer that no MAAS we know gives: a fault inside MAAS (500), or something else than MAAS answered.</summary>
public sealed class MaasUnexpectedException(string message, int? status, Exception? inner = null)
    : MaasException(message, status, inner);
