using System.Security.Cryptography;
using Gantry.Server.Api;

namespace Gantry.Server.Gateways;

/// <summary>
/// The body of a request whose token is accepted, hashed while it is read. The end is not told to the reader before the hash
/// is the token's, so that nobody who reads to the end gets a body that the gateway did not sign.
/// </summary>
internal sealed class SignedBody(Stream body, string hash) : Stream
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private bool _ended;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <exception cref="ApiException">401: the body has ended and is not the one that was signed.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_ended || buffer.IsEmpty)
        {
            return 0;
        }

        var count = await body.ReadAsync(buffer, cancellationToken);
        if (count > 0)
        {
            _hash.AppendData(buffer.Span[..count]);
            return count;
        }

        if (Convert.ToHexStringLower(_hash.GetHashAndReset()) != hash)
        {
            throw new ApiException(
                StatusCodes.Status401Unauthorized,
                "OtherRequest",
                "The token was signed for a request with another body."
            );
        }

        _ended = true;
        return 0;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush() { }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _hash.Dispose();
        }

        base.Dispose(disposing);
    }
}
