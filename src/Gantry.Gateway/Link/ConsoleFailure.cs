namespace Gantry.Gateway.Link;

/// <summary>Why a request to the console did not succeed. The text is for the gateway's operator.</summary>
public abstract class ConsoleFailure(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>No answer: network, proxy, certificate, or a console that is down.</summary>
public sealed class ConsoleAwayException(string message, Exception? inner = null) : ConsoleFailure(message, inner);

/// <summary>The console does not know this gateway (any more).</summary>
public sealed class GatewayRevokedException(string message) : ConsoleFailure(message);

/// <summary>Console and gateway speak different versions of their contract; the text says which of them to upgrade.</summary>
public sealed class ContractMismatchException(string message) : ConsoleFailure(message);

/// <summary>The console answered, and said no.</summary>
/// <param name="code">The console's stable code.</param>
public sealed class ConsoleRefusedException(int status, string code, string message) : ConsoleFailure(message)
{
    public int Status { get; } = status;

    public string Code { get; } = code;
}
