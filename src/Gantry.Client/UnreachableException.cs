namespace Gantry.Client;

/// <summary>Why no console answered.</summary>
public enum UnreachableReason
{
    /// <summary>No connection, or it broke.</summary>
    NoConnection,

    /// <summary>The certificate is not signed by an authority that the client trusts.</summary>
    CertificateNotTrusted,

    /// <summary>No answer within <see cref="GantryClientOptions.Timeout"/>. The request may have been carried out.</summary>
    TimedOut,

    /// <summary>The answer of success is not the JSON of the operation: the address belongs to another program.</summary>
    NotAConsole,
}

/// <summary>No console answered.</summary>
public sealed class UnreachableException(UnreachableReason reason, string message, Exception? inner = null)
    : Exception(message, inner)
{
    public UnreachableReason Reason { get; } = reason;
}
