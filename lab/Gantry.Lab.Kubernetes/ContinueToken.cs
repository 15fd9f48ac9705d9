using System.Buffers.Text;
using System.Text;

namespace Gantry.Lab.Kubernetes;

/// <summary>An opaque token for the start of the next page of a list.</summary>
internal static class ContinueToken
{
    public static string Write(string lastKey) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(lastKey));

    public static string Read(string token)
    {
        try
        {
            return Encoding.UTF8.GetString(Base64Url.DecodeFromChars(token));
        }
        catch (FormatException)
        {
            throw KubeException.BadRequest("continue key is not valid: use the value of metadata.continue of the page before");
        }
    }
}
