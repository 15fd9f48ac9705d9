namespace Gantry.Maas;

/// <summary>A call of MAAS failed. Each derived type is a case that a caller can handle differently.</summary>
/// <param name="status">HTTP status; <c>null</c> when there was no answer.</param>
public abstract class MaasException(string message, int? status, Exception? inner = null) : Exception(message, inner)
{
    public int? Status { get; } = status;
}

/// <summary>MAAS rejects the API key. MAAS's own text is left out because it can contain the correct secret.</summary>
public sealed class MaasCredentialsRejectedException(int status)
    : MaasException("MAAS does not accept the API key: check that it was copied whole and is still listed for its user.", status);

/// <summary>The key's user lacks the permission, or the machine is locked.</summary>
public sealed class MaasForbiddenException(string message, int status) : MaasException(message, status);

/// <summary>The object does not exist. MAAS also answers this for an address that is in use.</summary>
public sealed class MaasNotFoundException(string message, int status) : MaasException(message, status);

/// <summary>MAAS refuses a value.</summary>
/// <param name="fields">
/// Messages by field. <c>__all__</c> holds messages about several fields; empty when MAAS names no field.
/// </param>
public sealed class MaasInvalidException(string message, int status, IReadOnlyDictionary<string, IReadOnlyList<string>> fields)
    : MaasException(message, status)
{
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Fields { get; } = fields;
}

/// <summary>The state of the object forbids the call, or the requested machine or address is not free.</summary>
public sealed class MaasConflictException(string message, int status) : MaasException(message, status);

/// <summary>
/// A database conflict aborted the call inside MAAS, or a proxy limits the rate. Nothing was changed; the call can be repeated.
/// </summary>
public sealed class MaasBusyException(string message, int status, TimeSpan? retryAfter) : MaasException(message, status)
{
    public TimeSpan? RetryAfter { get; } = retryAfter;
}

/// <summary>This version of MAAS no longer has the call.</summary>
public sealed class MaasGoneException(string message, int status) : MaasException(message, status);

/// <summary>
/// MAAS cannot carry out the call now (no rack connected, no free address, no answer from the BMC), or cannot be reached.
/// </summary>
public sealed class MaasUnavailableException(string message, int? status, TimeSpan? retryAfter, Exception? inner = null)
    : MaasException(message, status, inner)
{
    public TimeSpan? RetryAfter { get; } = retryAfter;
}

/// <summary>The answer to a write is lost. Read the object to find out whether MAAS carried out the call.</summary>
public sealed class MaasOutcomeUnknownException(string message, int? status, Exception? inner = null)
    : MaasException(message, status, inner);

/// <summary>An error inside MAAS (500), or an answer that is not MAAS's or cannot be read.</summary>
public sealed class MaasUnexpectedException(string message, int? status, Exception? inner = null)
    : MaasException(message, status, inner)
{
    /// <summary>
    /// The path of what cannot be read in an answer that is MAAS's otherwise, so that other objects of the region are not concerned;
    /// <c>null</c> when the whole answer is of no use.
    /// </summary>
    public string? Part { get; init; }
}
